import { readSetting, writeSetting } from './local-settings.js';

const draftsMax = 100;
const lengthMax = 16_384;

type Entries = readonly (readonly [place: string, text: string])[];

const isEntry = (value: unknown): value is readonly [string, string] =>
  Array.isArray(value) && value.length === 2 && value.every((part) => typeof part === 'string');

/** The drafts that were stored as text; none when it is not what `serialize` wrote. */
export const parseDrafts = (stored: string | null): Entries => {
  try {
    const value: unknown = JSON.parse(stored ?? '[]');
    return Array.isArray(value) ? value.filter(isEntry).slice(-draftsMax) : [];
  } catch {
    return [];
  }
};

/** With the draft of one place replaced; an empty one is removed, the least recently written one goes beyond the limit. */
export const withDraft = (entries: Entries, place: string, text: string): Entries => {
  const others = entries.filter(([each]) => each !== place);
  if (text.trim() === '') return others;
  return [...others, [place, text.slice(0, lengthMax)] as const].slice(-draftsMax);
};

const key = 'drafts';

/** What was written and not sent; `place` is a channel, or a channel and a thread. */
export const drafts = {
  read: (place: string): string => parseDrafts(readSetting(key)).find(([each]) => each === place)?.[1] ?? '',
  write(place: string, text: string): void {
    const entries = parseDrafts(readSetting(key));
    const next = withDraft(entries, place, text);
    if (next.length > 0 || entries.length > 0) writeSetting(key, next.length === 0 ? null : JSON.stringify(next));
  },
  clear: (): void => writeSetting(key, null),
};
