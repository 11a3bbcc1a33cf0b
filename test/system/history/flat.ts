// How long the first page and one in the middle of a channel take, by the channel's length, and the list of 1,000 channels with its counts.
import { randomUUID } from 'node:crypto';
import type { Bus } from '@parley/bus';
import type { MessagePage } from '@parley/client';
import { type AccountPrincipal, chat, type ChannelId, deadlineIn, topics } from '@parley/contracts';
import { connectDatabase } from '@parley/postgres';
import { createLog } from '@parley/runtime';
import { lengthenChannel } from '@parley/testing';
import { done } from '../../clients/http.js';
import { check, figure, percentile } from '../proof/figures.js';

const lengths = [1_000, 100_000, 1_000_000];
const channelCount = 1_000;
const pageSize = 200;
const atOnce = 20;
const share = 0.95;

export interface FlatOptions {
  readonly url: string;
  readonly databaseUrl: string;
  readonly bus: Bus;
  /** Who sends. */
  readonly writer: AccountPrincipal;
  /** Who reads, with a token. */
  readonly reader: { readonly username: string; readonly token: string };
  /** Samples of each kind. */
  readonly rounds: number;
  /** Entries of the longest channel. */
  readonly longest: number;
}

type Chat = ReturnType<typeof sender>;

const sender = ({ bus, writer: principal }: FlatOptions) => ({
  send: (channelId: ChannelId, text: string) =>
    bus
      .client(chat)
      .message.send(
        { target: { channelId }, clientId: randomUUID(), content: { type: 'text', text } },
        { principal, deadline: deadlineIn(30_000) },
      ),
  room: (title: string) =>
    bus.client(topics).channel.create({ kind: 'room', title }, { principal, deadline: deadlineIn(30_000) }),
});

const timed = async <T>(times: number[], work: () => Promise<T>): Promise<T> => {
  const began = performance.now();
  const value = await work();
  times.push(performance.now() - began);
  return value;
};

/** Channels of these lengths, a tenth of whose entries are edits and reactions. */
const longChannels = async (options: FlatOptions, { room, send }: Chat) => {
  const { knex, close } = connectDatabase({
    ...{ url: options.databaseUrl, schema: 'chat', poolMax: 1, statementTimeoutMs: 900_000 },
    log: createLog({ service: 'prove', level: 'silent' }),
  });
  const channels: { readonly id: ChannelId; readonly entries: number }[] = [];
  try {
    for (const entries of lengths.map((length) => Math.min(length, options.longest))) {
      const { id } = await room(`${entries} entries`);
      await send(id, 'a message of usual length, as people write them all day');
      const began = performance.now();
      await lengthenChannel(knex, id, { entries });
      figure(`${entries.toLocaleString('en')} entries written in`, (performance.now() - began) / 1000, 's');
      channels.push({ id, entries });
    }
    await knex.raw('vacuum analyze');
  } finally {
    await close();
  }
  return channels;
};

/** Pages of channels of three lengths by turns, so that all are measured in the same moments. */
export const pagesAreFlat = async (options: FlatOptions): Promise<void> => {
  const channels = await longChannels(options, sender(options));
  const { url, reader, rounds } = options;
  const kinds = channels.flatMap(({ id, entries }) => {
    const page = `${url}/v1/channels/${id}/messages?limit=50`;
    return [
      { name: 'first page', entries, url: page, times: [] as number[] },
      { name: 'page in the middle', entries, url: `${page}&around=${entries / 2}`, times: [] as number[] },
    ];
  });
  let whole = true;
  for (let round = -5; round < rounds; round += 1)
    for (const kind of kinds) {
      const times = round < 0 ? [] : kind.times;
      const { messages } = await timed(times, () => done<MessagePage>('GET', kind.url, { token: reader.token }));
      whole &&= messages.length === 50;
    }
  check('each page has 50 messages', whole);
  for (const name of ['first page', 'page in the middle']) {
    const p95 = kinds
      .filter((kind) => kind.name === name)
      .map(({ entries, times }) => {
        figure(`${name} of ${entries.toLocaleString('en')} entries, median`, percentile(times, 0.5), 'ms');
        figure(`${name} of ${entries.toLocaleString('en')} entries, p95`, percentile(times, share), 'ms');
        return percentile(times, share);
      });
    const factor = (p95.at(-1) ?? NaN) / (p95[0] ?? NaN);
    figure(`${name}: p95 of the longest to that of the shortest`, factor, '');
    check(`${name}: flat (at most twice)`, factor <= 2);
  }
};

interface ListPage {
  readonly channels: readonly { readonly id: string; readonly unread: number; readonly mentions: number }[];
  readonly next: string | null;
}

/** The reader's 1,000 rooms: three unread messages in each, one of which mentions the reader. */
export const listIsQuick = async (options: FlatOptions): Promise<void> => {
  const { room, send } = sender(options);
  const { url, reader, rounds } = options;
  const join = (id: string) => done('PUT', `${url}/v1/channels/${id}/members/me`, { token: reader.token });
  let made = 0;
  const makeRooms = async (): Promise<void> => {
    while (made < channelCount) {
      const { id } = await room(`Room ${made++}`);
      await join(id);
      for (const text of ['one', `two for @${reader.username}`, 'three']) await send(id, text);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, makeRooms));
  const byPage: number[][] = [];
  let exact = true;
  for (let round = -2; round < rounds / 5; round += 1) {
    let next: string | null = '';
    for (let n = 0; next !== null; n += 1) {
      const times = (byPage[n] ??= []);
      const query = `joined=true&summary=true&limit=${pageSize}${next === '' ? '' : `&cursor=${next}`}`;
      const page: ListPage = await timed(round < 0 ? [] : times, () =>
        done<ListPage>('GET', `${url}/v1/channels?${query}`, { token: reader.token }),
      );
      exact &&= page.channels.every(({ unread, mentions }) => unread === 3 && mentions === 1);
      next = page.next;
    }
  }
  check(`the list has ${channelCount} channels with exact counts`, exact && byPage.length === channelCount / pageSize);
  for (const [n, times] of byPage.entries())
    figure(`channel list with counts, page ${n + 1} of ${pageSize}, p95`, percentile(times, share), 'ms');
  figure('channel list, all pages, median', percentile(byPage.flat(), 0.5), 'ms');
  figure('channel list, all pages, p95', percentile(byPage.flat(), share), 'ms');
};
