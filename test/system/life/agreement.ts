// Every client's state beside what the store has: what it shows, what it folded, which entries it received, and its counts.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Entry, Message } from '@parley/client';
import type { Person, Trace } from './people.js';
import { traceOf } from './people.js';
import { differenceOf, foldOf, linesOf, shownIn } from './shape.js';
import { type InboxPlace, type Read, Reader } from './store.js';

/** Everything that is stored. */
export interface Store {
  /** By account, by channel. */
  readonly reads: ReadonlyMap<string, ReadonlyMap<string, Read>>;
  /** The entries of each channel. */
  readonly logs: ReadonlyMap<string, readonly Entry[]>;
  readonly inboxes: ReadonlyMap<string, readonly InboxPlace[]>;
  readonly readers: ReadonlyMap<string, Reader>;
}

const atOnce = 6;

const each = async <T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> => {
  const left = [...items];
  const worker = async (): Promise<void> => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
};

/** Reads all channels as each of the people, every log once, every inbox. */
export const readStore = async (people: readonly Person[], urls: readonly string[]): Promise<Store> => {
  const readers = new Map(people.map((person) => [person.id, new Reader(person, urls)]));
  const reads = new Map(people.map(({ id }) => [id, new Map<string, Read>()]));
  const logs = new Map<string, readonly Entry[]>();
  const inboxes = new Map<string, readonly InboxPlace[]>();
  await each([...readers.values()], async (reader) => {
    const person = people.find(({ id }) => id === reader.account.id);
    for (const channelId of person?.channels.keys() ?? []) {
      reads.get(reader.account.id)?.set(channelId, await reader.channel(channelId));
      if (logs.has(channelId)) continue;
      logs.set(channelId, []);
      logs.set(channelId, await reader.entries(channelId));
    }
    inboxes.set(reader.account.id, await reader.inbox());
  });
  return { reads, logs, inboxes, readers };
};

/** Something that must become equal: null when it is. */
export interface Expectation {
  readonly name: string;
  readonly difference: () => string | null;
}

const timelines = ({ name, id, channels }: Person, { reads }: Store): Expectation[] =>
  [...channels].map(([channelId, channel]) => {
    const expected = linesOf(reads.get(id)?.get(channelId)?.messages ?? [], true);
    return {
      name: `${name} shows ${channelId}`,
      difference: () => {
        const { messages } = channel;
        if (messages.hasBefore) return 'has more before';
        if (messages.items.some(({ isChanging }) => isChanging)) return 'waits for a change';
        return differenceOf(linesOf(messages.items, true), expected);
      },
    };
  });

const folds = (person: Person, { logs }: Store): Expectation[] =>
  [...person.folds].map(([channelId, fold]) => {
    const expected = linesOf(foldOf(channelId, logs.get(channelId) ?? []).all() as unknown as Message[], false);
    const got = () => linesOf(fold.all() as unknown as Message[], false);
    return { name: `${person.name} folded ${channelId}`, difference: () => differenceOf(got(), expected) };
  });

const counts = ({ name, id, channels }: Person, { reads }: Store): Expectation[] =>
  [...channels].map(([channelId, channel]) => {
    const { unread = 0, mentions = 0, read = 0 } = reads.get(id)?.get(channelId)?.summary ?? {};
    const expected = JSON.stringify([unread, mentions, read]);
    const got = (): string => {
      const { value } = channel.unread;
      return JSON.stringify([value.count, value.mentions, value.read]);
    };
    return {
      name: `${name} counts unread, mentions and read of ${channelId}`,
      difference: () => (got() === expected ? null : `${got()}, stored ${expected}`),
    };
  });

const threads = async ({ name, id, threads: opened }: Person, { readers }: Store): Promise<Expectation[]> =>
  Promise.all(
    [...opened].map(async ([rootId, thread]) => {
      const stored = await readers.get(id)?.thread(rootId);
      const expected = linesOf(stored?.messages ?? [], true);
      const root = linesOf(stored ? [stored.root] : [], true);
      const got = () => (thread.root.value ? linesOf([thread.root.value], true) : []);
      return {
        name: `${name} shows the thread of ${rootId}`,
        difference: () => differenceOf(linesOf(thread.items, true), expected) ?? differenceOf(got(), root),
      };
    }),
  );

const sameTraces = (got: readonly Trace[], expected: readonly Trace[]): string | null => {
  const at = expected.findIndex((trace, index) => trace !== got[index]);
  if (at < 0 && got.length === expected.length) return null;
  return `${got.length} entries of ${expected.length}; after ${at} ${got[at] ?? 'nothing'}, stored ${expected[at] ?? 'nothing'}`;
};

/** `from`: by channel, and of the inbox, the position from which it received. */
const received = ({ name, id, ...person }: Person, { logs, inboxes }: Store, from: Positions): Expectation[] => {
  const inbox = (inboxes.get(id) ?? []).filter(({ sequence }) => sequence > (from.inbox ?? 0));
  const expectedInbox = inbox.map(({ entry }) => traceOf(entry));
  return [
    { name: `${name} received its inbox`, difference: () => sameTraces(person.inbox, expectedInbox) },
    ...[...person.traces].flatMap(([channelId, traces]) => {
      if (!from.places.has(channelId)) return [];
      const after = from.channels?.[channelId] ?? 0;
      const expected = (logs.get(channelId) ?? []).filter(({ sequence }) => sequence > after).map(traceOf);
      return [{ name: `${name} received ${channelId}`, difference: () => sameTraces(traces, expected) }];
    }),
  ];
};

export interface Positions {
  readonly places: ReadonlySet<string>;
  readonly inbox?: number;
  readonly channels?: Readonly<Record<string, number>>;
}

/** Everything that a client must have in the end. */
export const expectationsOf = async (person: Person, store: Store, from: Positions): Promise<Expectation[]> => [
  ...timelines(person, store),
  ...folds(person, store),
  ...counts(person, store),
  ...(await threads(person, store)),
  ...received(person, store, from),
];

/** That the pages of every account are what the entries make of each channel. */
export const pagesFollowEntries = ({ reads, logs }: Store): string[] => {
  const folded = new Map([...logs].map(([id, entries]) => [id, linesOf(shownIn(foldOf(id, entries)), false)]));
  return [...reads.values()].flatMap((channels) =>
    [...channels].flatMap(([id, { messages }]) => {
      const difference = differenceOf(linesOf(messages, false), folded.get(id) ?? []);
      return difference === null ? [] : [`${id}: ${difference}`];
    }),
  );
};

/** That the pinned messages of each channel are those that its entries leave pinned. */
export const wrongPins = async ({ reads, logs, readers }: Store): Promise<string[]> => {
  const wrong: string[] = [];
  for (const [channelId, entries] of logs) {
    const reader = [...readers.values()].find(({ account }) => reads.get(account.id)?.has(channelId));
    const got = linesOf((await reader?.pins(channelId)) ?? [], false);
    const all = foldOf(channelId, entries).all() as unknown as Message[];
    const expected = linesOf(
      all.filter(({ pinnedAt }) => pinnedAt !== null),
      false,
    );
    const difference = differenceOf(
      got.toSorted((one, other) => one.sequence - other.sequence),
      expected,
    );
    if (difference !== null) wrong.push(`${channelId}: ${difference}`);
  }
  return wrong;
};

/** Waits until all hold, and returns those that do not within the time. */
export const agreed = async (expectations: readonly Expectation[], withinMs: number): Promise<string[]> => {
  const until = performance.now() + withinMs;
  let left = [...expectations];
  for (;;) {
    const differences = left.map((one) => ({ one, difference: one.difference() }));
    const differing = differences.filter(({ difference }) => difference !== null);
    left = differing.map(({ one }) => one);
    if (left.length === 0 || performance.now() > until)
      return differing.map(({ one, difference }) => `${one.name}: ${difference ?? ''}`);
    await sleep(250);
  }
};
