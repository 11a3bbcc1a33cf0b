// What the platform stores, read over REST.
import { setTimeout as sleep } from 'node:timers/promises';
import { type InboxPage, isRetryable, type Message, type ParleyClient } from '@parley/client';
import type { Entry, Outcome, RecordingClient } from './recording-client.js';

export type InboxEntry = InboxPage['entries'][number];

/** Every channel by id, and the inbox of every account. */
export interface Streams {
  readonly histories: ReadonlyMap<string, readonly Message[]>;
  readonly inboxes: ReadonlyMap<string, readonly InboxEntry[]>;
}

interface Page<T> {
  readonly entries: readonly T[];
  readonly more: boolean;
  readonly head: number;
}

const readAll = async <T extends { readonly sequence: number }>(
  name: string,
  beyond: number,
  pageAfter: (after: number) => Promise<Page<T>>,
): Promise<T[]> => {
  const all: T[] = [];
  const last = (): number => all.at(-1)?.sequence ?? 0;
  for (let more = true; more;) {
    const page = await patiently(() => pageAfter(last()));
    all.push(...page.entries);
    more = page.more;
    if (!more && page.head !== last() + beyond) throw new Error(`${name}: head ${page.head}, last ${last()}`);
  }
  return all;
};

/** A channel, page by page. */
const historyOf = ({ rest }: ParleyClient, channelId: string, beyond: number): Promise<Message[]> =>
  readAll(channelId, beyond, async (after) => {
    const { messages: entries, more, head } = await rest.history(channelId, { after, limit: 500 });
    return { entries, more, head };
  });

/** The inbox of an account, page by page. */
const inboxOf = ({ rest }: ParleyClient, beyond: number): Promise<InboxEntry[]> =>
  readAll('an inbox', beyond, (after) => rest.inbox({ after, limit: 500 }));

export interface Sendings {
  /** Connections; several may be of one account. */
  readonly users: readonly RecordingClient[];
  readonly channels: readonly string[];
  readonly outcomes: readonly Outcome[];
}

/**
 * The history of each channel and of each direct channel that was written to, and the inbox of each account. `beyond`: how far the head of
 * each is beyond its last entry.
 */
export const readStreams = async ({ users, channels, outcomes }: Sendings, beyond = 0): Promise<Streams> => {
  const readers = new Map<string, ParleyClient>();
  for (const { client, received } of users) for (const id of received.channels.keys()) readers.set(id, client);
  for (const outcome of outcomes) {
    const sender = users[outcome.from]?.client;
    if ('sent' in outcome && 'directWith' in outcome.target && sender) readers.set(outcome.sent.channelId, sender);
  }
  const histories = new Map<string, Message[]>();
  for (const id of channels) if (!readers.has(id)) throw new Error(`No client is attached to ${id}`);
  for (const [id, client] of readers) histories.set(id, await historyOf(client, id, beyond));
  const inboxes = new Map<string, InboxEntry[]>();
  for (const { id, client } of users) if (!inboxes.has(id)) inboxes.set(id, await inboxOf(client, beyond));
  return { histories, inboxes };
};

/** What a client should have received, stream by stream, beside what it did. */
export const streamsOf = (
  { id, received }: RecordingClient,
  { histories, inboxes }: Streams,
): { name: string; received: readonly Entry[]; stored: readonly Entry[] }[] => {
  const inbox = (inboxes.get(id) ?? []).map(({ sequence, message }) => ({ sequence, id: message.id }));
  return [
    { name: 'inbox', received: received.inbox, stored: inbox },
    ...[...received.channels].map(([name, entries]) => ({
      name,
      received: entries,
      stored: histories.get(name) ?? [],
    })),
  ];
};

/** Waits until every client received as much as the streams hold, or the time is up. */
export const receivedAll = async (
  users: readonly RecordingClient[],
  streams: Streams,
  withinMs: number,
): Promise<void> => {
  const until = performance.now() + withinMs;
  const isBehind = (user: RecordingClient): boolean =>
    user.received.inbox.length < (streams.inboxes.get(user.id)?.length ?? 0) ||
    [...user.received.channels].some(([id, entries]) => entries.length < (streams.histories.get(id)?.length ?? 0));
  while (users.some(isBehind) && performance.now() < until) await sleep(50);
};

/** Repeats a request that may succeed later, as any reader of history would. */
const patiently = async <T>(request: () => Promise<T>): Promise<T> => {
  for (const until = performance.now() + 15_000; ; await sleep(300)) {
    try {
      return await request();
    } catch (error) {
      if (!isRetryable(error) || performance.now() > until) throw error;
    }
  }
};
