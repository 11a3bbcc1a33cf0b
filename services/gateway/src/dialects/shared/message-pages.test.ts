// Histories of the old dialects: pages of messages whose sequences have gaps, because changes take places too, and some of which are deleted.
import type { AccountPrincipal, ChannelId, Message } from '@parley/contracts';
import { expect, test } from 'vitest';
import type { Queries } from '../../protocol/queries.js';
import { historyPages, recentPages } from './json-stream.js';

interface Asked {
  readonly after?: number;
  readonly before?: number;
  readonly limit: number;
}

/** A channel with `count` messages, three sequences apart; every fifth is deleted. Pages have at most `pageMax`, as those limited by bytes. */
const channelOf = (count: number, pageMax = 500) => {
  const messages = Array.from({ length: count }, (_, n) => ({
    sequence: n * 3 + 1,
    deletedAt: n % 5 === 4 ? 'then' : null,
    inChannel: true,
  })) as unknown as Message[];
  const head = count * 3;
  let calls = 0;
  const list = ({ after, before, limit }: Asked) => {
    calls += 1;
    const size = Math.min(limit, pageMax);
    const found = messages.filter(({ sequence }) => sequence > (after ?? 0) && sequence < (before ?? Infinity));
    const page = after === undefined ? found.slice(-size) : found.slice(0, size);
    return Promise.resolve({ messages: page, more: found.length > page.length, head, floor: 0 });
  };
  const core = { chat: { message: { list } } } as unknown as Queries;
  const shown = messages.filter(({ deletedAt }) => deletedAt === null).map(({ sequence }) => sequence);
  return { core, shown, calls: () => calls };
};

const sequencesOf = async (pages: AsyncGenerator<Message[]>): Promise<number[]> => {
  const sequences: number[] = [];
  for await (const page of pages) sequences.push(...page.map(({ sequence }) => sequence));
  return sequences;
};

const [channelId, principal] = ['c' as ChannelId, {} as AccountPrincipal];

test.each([0, 1, 4, 5, 201, 1_000])('a history of %d messages has all that are not deleted', async (count) => {
  const { core, shown } = channelOf(count);
  expect(await sequencesOf(historyPages(core, channelId, principal))).toEqual(shown);
});

test.each([
  [0, 10, 500],
  [1, 0, 500],
  [7, 1, 500],
  [7, 3, 500],
  [100, 50, 500],
  [100, 1_000, 500],
  [1_500, 200, 500],
  [1_500, 1_000, 500],
  [1_500, 1_000, 7],
  [5, 4, 1],
])('of %d messages the last %d are read in pages of at most %d', async (count, wanted, pageMax) => {
  const { core, shown } = channelOf(count, pageMax);
  const recent = await sequencesOf(recentPages(core, channelId, principal, wanted));
  expect(recent).toEqual(wanted === 0 ? [] : shown.slice(-wanted));
});

test('what fits into one page is read in one call', async () => {
  const { core, calls } = channelOf(150);
  await sequencesOf(recentPages(core, channelId, principal, 100));
  expect(calls()).toBeLessThanOrEqual(3);
  const none = channelOf(20);
  await sequencesOf(recentPages(none.core, channelId, principal, 50));
  expect(none.calls()).toBe(1);
});
