import { useEffect, useId, useMemo, useRef, useState } from 'preact/hooks';
import { recentEmoji } from '../emoji/recent.js';
import type { Emoji, EmojiGroup } from '../emoji/data.js';
import { dialog } from '../state/dialogs.js';
import { tellError } from '../text/plain-words.js';
import { t } from '../text/translate.js';
import { Modal } from './modal.js';

type Groups = Readonly<Record<EmojiGroup, readonly Emoji[]>>;

interface Section {
  readonly title: string;
  readonly emoji: readonly Emoji[];
}

/** The emoji, loaded when they are first needed. */
const useGroups = (): Groups | null => {
  const [groups, setGroups] = useState<Groups | null>(null);
  useEffect(() => {
    import('../emoji/data.js').then(({ emojiGroups }) => setGroups(emojiGroups), tellError);
  }, []);
  return groups;
};

const useSections = (text: string): readonly Section[] => {
  const groups = useGroups();
  const recent = useMemo(recentEmoji, []);
  const wanted = text.trim().toLowerCase();
  const recents = { title: t('emoji.recent'), emoji: recent.map((emoji) => ({ emoji, words: emoji })) };
  if (groups === null) return [recents];
  const sections = Object.entries(groups) as [EmojiGroup, readonly Emoji[]][];
  const found = sections
    .map(([name, emoji]) => ({ title: t(`emoji.${name}`), emoji: emoji.filter(({ words }) => words.includes(wanted)) }))
    .filter(({ emoji }) => emoji.length > 0);
  return wanted === '' ? [recents, ...found] : found;
};

/** Arrows move through the grid, which is one stop of Tab. */
const moveFocus = (event: KeyboardEvent, grid: HTMLElement | null): void => {
  if (grid === null || !(event.target instanceof HTMLElement)) return;
  const buttons = [...grid.querySelectorAll('button')];
  const at = buttons.findIndex((each) => each === event.target);
  const { width } = buttons[0]?.getBoundingClientRect() ?? { width: 40 };
  const columns = Math.max(1, Math.floor(grid.clientWidth / (width || 40)));
  const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns }[event.key];
  if (at === -1 || step === undefined) return;
  event.preventDefault();
  buttons[Math.max(0, Math.min(buttons.length - 1, at + step))]?.focus();
};

export const EmojiDialog = ({ onPick }: { onPick: (emoji: string) => void }) => {
  const [text, setText] = useState('');
  const sections = useSections(text);
  const grid = useRef<HTMLDivElement>(null);
  const id = useId();
  const first = sections[0]?.emoji[0]?.emoji;
  const pick = (emoji: string): void => {
    dialog.set(null);
    onPick(emoji);
  };
  return (
    <Modal title={t('emoji.title')} class="emoji">
      <label class="visually-hidden" for={id}>
        {t('emoji.search')}
      </label>
      <input
        id={id}
        type="search"
        placeholder={t('emoji.search')}
        value={text}
        maxLength={40}
        data-focus
        onInput={({ currentTarget }) => setText(currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && first !== undefined) pick(first);
          else if (event.key === 'ArrowDown') grid.current?.querySelector('button')?.focus();
          else return;
          event.preventDefault();
        }}
      />
      <div ref={grid} class="emoji-grid" onKeyDown={(event) => moveFocus(event, grid.current)}>
        {sections.map(({ title, emoji }, section) => (
          <section key={title}>
            <h3>{title}</h3>
            <div class="emoji-row">
              {emoji.map((each, at) => (
                <button
                  key={each.emoji}
                  type="button"
                  tabIndex={section === 0 && at === 0 ? 0 : -1}
                  title={each.words}
                  aria-label={each.words}
                  onClick={() => pick(each.emoji)}
                >
                  {each.emoji}
                </button>
              ))}
            </div>
          </section>
        ))}
        {sections.length === 0 && <p class="panel-empty">{t('emoji.none')}</p>}
      </div>
    </Modal>
  );
};
