import { pageBytesMax } from '@parley/contracts';
import type { InboxEntry, Realm, AccountId } from '@parley/contracts';
import type { Acknowledger } from '../acknowledger.js';
import { accountOf, refuseAllButSystem } from '../domain/caller.js';
import type { Inbox } from '../store/inbox.js';
import type { Owner, Places, Stretch } from '../store/places.js';
import type { Operation } from './operation.js';

interface Deps {
  readonly places: Places;
  readonly inbox: Inbox;
}

const againMax = 200;
const undeliveredMax = 200;

export const resumePlace =
  (deps: Deps): Operation<'place', 'resume'> =>
  async (bounds, { principal }) => {
    const { realm, accountId } = accountOf(principal);
    const { after, head, acknowledges } = await deps.places.resume({ realm, accountId }, bounds);
    if (!acknowledges) return { after, head, again: [], more: false };
    const within = { after: 0, upTo: after, since: bounds.since, keptMs: bounds.keptMs };
    const { entries, more } = await readUnacknowledged(deps, { realm, accountId }, within);
    return { after, head, again: entries, more };
  };

export const listUnacknowledged =
  (deps: Deps): Operation<'place', 'unacknowledged'> =>
  (within, { principal }) =>
    readUnacknowledged(deps, accountOf(principal), within);

const readUnacknowledged = async (
  deps: Deps,
  { realm, accountId }: Owner,
  within: Stretch,
): Promise<{ entries: InboxEntry[]; more: boolean }> => {
  const found = await deps.places.awaiting({ realm, accountId }, { ...within, limit: againMax + 1 });
  const { entries, isWhole } = await entriesAt(deps, realm, accountId, found.slice(0, againMax));
  return { entries, more: !isWhole || found.length > againMax };
};

export const advancePlaces =
  ({ places }: Deps): Operation<'place', 'advance'> =>
  async ({ places: given }, { principal }) => {
    refuseAllButSystem(principal);
    await places.advance(principal.realm, given);
    return {};
  };

/** The approximate overhead of each reference, besides its own length. */
const referenceBytes = 16;

export const acknowledge =
  ({ acknowledger }: { readonly acknowledger: Pick<Acknowledger, 'commit'> }): Operation<'place', 'acknowledge'> =>
  async ({ references }, { principal, deadline }) => {
    const { realm, accountId } = accountOf(principal);
    const bytes = references.reduce((sum, one) => sum + one.length + referenceBytes, 0);
    return { acknowledged: await acknowledger.commit({ realm, accountId, references, bytes }, deadline) };
  };

export const messageStates =
  ({ places }: Deps): Operation<'place', 'states'> =>
  ({ reference }, { principal }) =>
    places.states(accountOf(principal), reference);

export const listUndelivered =
  (deps: Deps): Operation<'place', 'undelivered'> =>
  async ({ accountId }, { principal }) => {
    const found = await deps.places.undelivered(accountOf(principal), accountId, undeliveredMax + 1);
    const sequences = found.slice(0, undeliveredMax).map(({ sequence }) => sequence);
    const { entries, isWhole } = await entriesAt(deps, principal.realm, accountId, sequences);
    return { entries, more: !isWhole || found.length > undeliveredMax };
  };

/** Entries at these sequences, oldest first, up to a page. They are usually close together, so whole pages are read. */
const entriesAt = async (
  { inbox }: Deps,
  realm: Realm,
  accountId: AccountId,
  sequences: readonly number[],
): Promise<{ entries: InboxEntry[]; isWhole: boolean }> => {
  const entries: InboxEntry[] = [];
  let bytes = 0;
  for (let at = 0; at < sequences.length;) {
    const first = sequences[at] ?? 0;
    const page = await inbox.list({ realm, accountId, after: first - 1, limit: againMax, bytesMax: pageBytesMax });
    const bySequence = new Map(page?.entries.map((entry) => [entry.sequence, entry]));
    const last = page?.entries.at(-1)?.sequence ?? first;
    for (; at < sequences.length && (sequences[at] ?? 0) <= last; at += 1) {
      const entry = bySequence.get(sequences[at] ?? 0);
      if (!entry) continue;
      bytes += Buffer.byteLength(JSON.stringify(entry));
      if (bytes > pageBytesMax && entries.length > 0) return { entries, isWhole: false };
      entries.push(entry);
    }
  }
  return { entries, isWhole: true };
};
