// What the platform stores, read by clients that have nothing: pages of messages, of entries, of threads and of inboxes, and the counts.
import { setTimeout as sleep } from 'node:timers/promises';
import { type Entry, isRetryable, type Message, ParleyClient, type SummarizedChannel } from '@parley/client';
import type { Account } from './people.js';

/** A channel as one account reads it. */
export interface Read {
  readonly messages: readonly Message[];
  readonly summary: SummarizedChannel;
}

export type InboxPlace = { readonly sequence: number; readonly entry: Entry };

/** Reads as one account, without a socket and without anything kept. */
export class Reader {
  readonly #client: ParleyClient;

  constructor(
    readonly account: Account,
    url: readonly string[],
  ) {
    this.#client = new ParleyClient({ url, tokens: account.grant });
  }

  async channel(channelId: string): Promise<Read> {
    const { rest } = this.#client;
    const messages = await allPages((after) =>
      rest.history(channelId, { after, limit: 500 }).then(({ messages: items, more }) => ({ items, more })),
    );
    return { messages, summary: await patiently(() => rest.channel(channelId, { summary: true })) };
  }

  entries(channelId: string): Promise<Entry[]> {
    const { rest } = this.#client;
    return allPages((after) =>
      rest.entries(channelId, { after, limit: 500 }).then(({ entries: items, more }) => ({ items, more })),
    ).then((entries) => entries.map(complete));
  }

  async thread(rootId: string): Promise<{ readonly root: Message; readonly messages: readonly Message[] }> {
    const { rest } = this.#client;
    const messages = await allPages((after) =>
      rest.thread(rootId, { after, limit: 500 }).then(({ messages: items, more }) => ({ items, more })),
    );
    const { root } = await patiently(() => rest.thread(rootId, { limit: 1 }));
    return { root, messages };
  }

  inbox(): Promise<InboxPlace[]> {
    const { rest } = this.#client;
    return allPages((after) =>
      rest.inboxEntries({ after, limit: 500 }).then(({ entries, more }) => ({
        more,
        items: entries.map(({ sequence, entry }) => ({ sequence, entry: complete(entry) })),
      })),
    );
  }

  /** Every pinned message of a channel, the last pinned first. */
  async pins(channelId: string): Promise<readonly Message[]> {
    return (await patiently(() => this.#client.rest.pins(channelId))).messages;
  }
}

/** The entry of a new message has no channel and sequence beside those of the message. */
const complete = (entry: Entry): Entry =>
  entry.kind === 'message.created' ? { ...entry, channelId: entry.message.channelId } : entry;

const allPages = async <T extends { readonly sequence: number }>(
  pageAfter: (after: number) => Promise<{ readonly items: readonly T[]; readonly more: boolean }>,
): Promise<T[]> => {
  const all: T[] = [];
  for (let more = true; more;) {
    const page = await patiently(() => pageAfter(all.at(-1)?.sequence ?? 0));
    all.push(...page.items);
    ({ more } = page);
  }
  return all;
};

/** Repeats a request that may succeed later, as any reader would. */
const patiently = async <T>(request: () => Promise<T>): Promise<T> => {
  for (const until = performance.now() + 20_000; ; await sleep(300)) {
    try {
      return await request();
    } catch (error) {
      if (!isRetryable(error) || performance.now() > until) throw error;
    }
  }
};
