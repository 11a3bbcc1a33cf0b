// A database that was restored from a dump: its streams go on far beyond the sequences that were given out before.
import { randomUUID } from 'node:crypto';
import type { ChannelId, Message } from '@parley/contracts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Given, anAccount, givenChat, says } from './testing/fixtures.js';

let given: Given;
beforeAll(async () => {
  given = await givenChat();
});
afterAll(() => given[Symbol.asyncDispose]());

const step = 1_000_000_000;
const [ada, bob] = [anAccount('ada'), anAccount('bob')];
const as = (principal: typeof ada) => ({ principal });

const send = (channelId: ChannelId, principal = ada) =>
  given.chat.message.send({ target: { channelId }, clientId: randomUUID(), content: says('x') }, as(principal));

/** A room with five messages before the dump and two after it was restored, an hour between each. */
const aRestoredRoom = async (): Promise<ChannelId> => {
  const { id } = await given.topics.channel('room');
  for (let n = 0; n < 5; n += 1) await send(id);
  // As deploy/postgres/after-restore.sql does.
  await given.database.knex.raw(
    'update chat.streams set head = head + :step, uncounted = uncounted + :step where channel_id = :id',
    { step, id },
  );
  for (let n = 0; n < 2; n += 1) await send(id);
  await given.database.knex.raw(
    `update chat.entries e set sent_at = '2026-01-01T00:00:00Z'::timestamptz + o.n * interval '1 hour'
       from (select sequence, row_number() over (order by sequence) as n from chat.entries where channel_id = :id) o
       where e.channel_id = :id and e.sequence = o.sequence`,
    { id },
  );
  return id;
};

const sequencesOf = (messages: readonly Message[]) => messages.map(({ sequence }) => sequence);

test('a page around a time finds the messages on both sides of the restore', async () => {
  const channelId = await aRestoredRoom();
  const at = async (hours: string) => {
    const aroundTime = `2026-01-01T${hours}:00.000Z`;
    return sequencesOf((await given.chat.message.list({ channelId, limit: 2, aroundTime }, as(ada))).messages);
  };
  expect(await at('00:00')).toEqual([1]);
  expect(await at('03:00')).toEqual([2, 3]);
  expect(await at('05:00')).toEqual([4, 5]);
  expect(await at('05:30')).toEqual([5, step + 6]);
  expect(await at('06:00')).toEqual([5, step + 6]);
  expect(await at('07:00')).toEqual([step + 6, step + 7]);
  expect(await at('23:00')).toEqual([step + 7]);
});

test('who knew later sequences than the dump has finds nothing there, and then what is new', async () => {
  const channelId = await aRestoredRoom();
  const page = await given.chat.channel.entries({ channelId, after: 9 }, as(bob));
  expect(page.entries.map(({ sequence }) => sequence)).toEqual([step + 6, step + 7]);
  expect(page).toMatchObject({ head: step + 7, more: false });
  const all = await given.chat.message.list({ channelId, after: 0 }, as(bob));
  expect(sequencesOf(all.messages)).toEqual([1, 2, 3, 4, 5, step + 6, step + 7]);
});

test('unread messages are counted, not the sequences between them', async () => {
  const channelId = await aRestoredRoom();
  const unread = async () => (await given.chat.channel.summaries({ channelIds: [channelId] }, as(bob)))[0]?.unread;
  expect(await unread()).toBe(7);
  await given.chat.receipt.record({ channelId, read: 4 }, as(bob));
  expect(await unread()).toBe(3);
});
