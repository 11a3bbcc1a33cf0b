import { pageBytesMax } from '@parley/contracts';
import type { AccountId, InboxEntry, Realm } from '@parley/contracts';
import type { Deliveries, DeliveredRange, Owner } from '../store/deliveries.js';
import type { Inbox } from '../store/inbox.js';

export interface DeliveryDeps {
  readonly deliveries: Deliveries;
  readonly inbox: Inbox;
}

/** `more`: there are further entries, which do not fit. */
export interface DeliveryPage {
  readonly entries: InboxEntry[];
  readonly more: boolean;
}

const entriesMax = 200;

/** Messages that were written to a connection and not acknowledged, oldest first. */
export const readUnacknowledged = async (
  deps: DeliveryDeps,
  { realm, accountId }: Owner,
  within: DeliveredRange,
): Promise<DeliveryPage> => {
  const limit = entriesMax + 1;
  const sequences = await deps.deliveries.unacknowledged({ realm, accountId }, { ...within, limit });
  return readEntries(deps, realm, accountId, sequences);
};

/** Messages of an inbox that its account has not received, oldest first: all for the account itself, else those that `reader` sent. */
export const readUndelivered = async (
  deps: DeliveryDeps,
  reader: Owner,
  accountId: AccountId,
): Promise<DeliveryPage> => {
  const found = await deps.deliveries.undelivered(reader, accountId, entriesMax + 1);
  const sequences = found.map(({ sequence }) => sequence);
  return readEntries(deps, reader.realm, accountId, sequences);
};

/** The entries at these sequences, up to a page. They are usually close together, so whole pages of the inbox are read. */
const readEntries = async (
  { inbox }: DeliveryDeps,
  realm: Realm,
  accountId: AccountId,
  found: readonly number[],
): Promise<DeliveryPage> => {
  const sequences = found.slice(0, entriesMax);
  const entries: InboxEntry[] = [];
  let bytes = 0;
  for (let at = 0; at < sequences.length;) {
    const first = sequences[at] ?? 0;
    const page = await inbox.list({ realm, accountId, after: first - 1, limit: entriesMax, bytesMax: pageBytesMax });
    const bySequence = new Map(page?.entries.map((entry) => [entry.sequence, entry]));
    const last = page?.entries.at(-1)?.sequence ?? first;
    for (; at < sequences.length && (sequences[at] ?? 0) <= last; at += 1) {
      const entry = bySequence.get(sequences[at] ?? 0);
      if (!entry) continue;
      bytes += Buffer.byteLength(JSON.stringify(entry));
      if (bytes > pageBytesMax && entries.length > 0) return { entries, more: true };
      entries.push(entry);
    }
  }
  return { entries, more: found.length > entriesMax };
};
