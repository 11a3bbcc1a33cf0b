import type { LiveChannel } from '@parley/client';
import { useState } from 'preact/hooks';
import { type Candidate, completeMention, type MentionQuery, mentionAt } from './completion.js';
import { useCandidates } from './use-candidates.js';

export interface Mentioning {
  readonly candidates: readonly Candidate[];
  readonly chosen: number;
  /** Looks for a mention at the caret. */
  readonly look: (field: HTMLTextAreaElement) => void;
  readonly close: () => void;
  readonly pick: (candidate: Candidate) => void;
  /** Whether the list took the key. */
  readonly onKeyDown: (event: KeyboardEvent) => boolean;
}

/** Completion of names in a text field. */
export const useMentions = (
  channel: LiveChannel,
  field: () => HTMLTextAreaElement | null,
  setText: (text: string) => void,
): Mentioning => {
  const [query, setQuery] = useState<MentionQuery | null>(null);
  const [chosen, setChosen] = useState(0);
  const candidates = useCandidates(channel, query?.text ?? null);

  const look = ({ value, selectionStart, selectionEnd }: HTMLTextAreaElement): void => {
    const next = selectionStart === selectionEnd ? mentionAt(value, selectionStart) : null;
    if (next?.text !== query?.text) setChosen(0);
    setQuery(next);
  };
  const pick = ({ handle }: Candidate): void => {
    const element = field();
    if (element === null || query === null) return;
    const completed = completeMention(element.value, query, element.selectionStart, handle);
    element.value = completed.value;
    element.setSelectionRange(completed.caret, completed.caret);
    setText(completed.value);
    setQuery(null);
  };
  const onKeyDown = (event: KeyboardEvent): boolean => {
    const candidate = candidates[chosen];
    if (candidate === undefined) return false;
    if (event.key === 'ArrowDown') setChosen((chosen + 1) % candidates.length);
    else if (event.key === 'ArrowUp') setChosen((chosen - 1 + candidates.length) % candidates.length);
    else if (event.key === 'Enter' || event.key === 'Tab') pick(candidate);
    else if (event.key === 'Escape') setQuery(null);
    else return false;
    event.preventDefault();
    return true;
  };
  return {
    candidates,
    chosen: Math.min(chosen, candidates.length - 1),
    look,
    close: () => setQuery(null),
    pick,
    onKeyDown,
  };
};
