import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

export interface Option {
  readonly id: string;
  /** A title above the first option of a group. */
  readonly group: string;
  readonly content: ComponentChildren;
  readonly pick: () => void;
}

interface OptionListProps {
  readonly id: string;
  readonly label: string;
  readonly options: readonly Option[];
  readonly chosen: number;
}

/** The options of a search field, which keeps the focus and names the chosen one. */
export const OptionList = ({ id, label, options, chosen }: OptionListProps) => {
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    list.current?.querySelector('[aria-selected=true]')?.scrollIntoView({ block: 'nearest' });
  }, [chosen]);
  const groups = [...new Set(options.map(({ group }) => group))];
  return (
    <div ref={list} class="option-list" id={id} role="listbox" aria-label={label}>
      {groups.map((group) => (
        <div key={group} role="group" aria-label={group}>
          <p class="option-group" aria-hidden="true">
            {group}
          </p>
          {options.map((option, at) =>
            option.group !== group ? null : (
              <div
                key={option.id}
                id={`${id}-${at}`}
                role="option"
                class="option"
                aria-selected={at === chosen}
                onPointerDown={(event) => event.preventDefault()}
                onClick={option.pick}
              >
                {option.content}
              </div>
            ),
          )}
        </div>
      ))}
    </div>
  );
};
