import { entryOf } from './entries.js';
import type { Page, StreamEntry } from './stream.js';

interface EntryPage {
  readonly entries: readonly { readonly sequence: number; readonly entry?: unknown }[];
  readonly more: boolean;
  readonly head: number;
}

/** A page of entries; those of the inbox have a sequence of their own. */
export const pageOf = ({ entries, more, head }: EntryPage, isInbox: boolean): Page => ({
  more,
  head,
  entries: entries.flatMap(({ sequence, ...rest }) => {
    const raw = (isInbox ? rest.entry : { sequence, ...rest }) as { readonly kind: string };
    const entry = entryOf(raw.kind, raw);
    const delivery: StreamEntry | null = entry && { entry, ...(isInbox && { inboxSequence: sequence }) };
    return delivery ? [{ sequence, delivery }] : [];
  }),
});
