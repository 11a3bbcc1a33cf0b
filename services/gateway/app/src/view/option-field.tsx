import { useEffect, useId, useState } from 'preact/hooks';
import { type Option, OptionList } from './option-list.js';

interface OptionFieldProps {
  readonly label: string;
  readonly value: string;
  readonly options: readonly Option[];
  readonly isDisabled?: boolean;
  readonly hasFocus?: boolean;
  readonly onInput: (value: string) => void;
}

/** A search field with a list below: arrows choose, Enter picks. */
export const OptionField = ({ label, value, options, isDisabled, hasFocus, onInput }: OptionFieldProps) => {
  const id = useId();
  const [chosen, setChosen] = useState(0);
  useEffect(() => setChosen(0), [value]);
  const at = Math.min(chosen, options.length - 1);
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.isComposing || options.length === 0) return;
    if (event.key === 'ArrowDown') setChosen((at + 1) % options.length);
    else if (event.key === 'ArrowUp') setChosen((at - 1 + options.length) % options.length);
    else if (event.key === 'Enter') options[at]?.pick();
    else return;
    event.preventDefault();
  };
  return (
    <div class="option-field">
      <label class="field-label" for={id}>
        {label}
      </label>
      <input
        id={id}
        type="text"
        role="combobox"
        autoComplete="off"
        autoCapitalize="none"
        spellcheck={false}
        data-focus={hasFocus || undefined}
        maxLength={100}
        disabled={isDisabled}
        value={value}
        aria-autocomplete="list"
        aria-expanded={options.length > 0}
        aria-controls={`${id}-list`}
        aria-activedescendant={options.length > 0 ? `${id}-list-${at}` : undefined}
        onInput={({ currentTarget }) => onInput(currentTarget.value)}
        onKeyDown={onKeyDown}
      />
      <OptionList id={`${id}-list`} label={label} options={options} chosen={at} />
    </div>
  );
};
