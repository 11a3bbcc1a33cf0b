import type { AccountPrincipal, ChannelId, Message } from '@parley/contracts';
import { eventually } from '@parley/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Given, anAccount, givenChat, says } from './testing/fixtures.js';

let given: Given;
beforeAll(async () => {
  given = await givenChat({ replicas: 2 });
});
afterAll(() => given[Symbol.asyncDispose]());

/** Everything in a channel, read page by page. */
const history = async ({ chat, system }: Given, channelId: ChannelId): Promise<Message[]> => {
  const all: Message[] = [];
  for (let more = true; more;) {
    const page = await chat.message.list({ channelId, after: all.at(-1)?.sequence ?? 0, limit: 500 }, system);
    all.push(...page.messages);
    ({ more } = page);
  }
  return all;
};

const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1);

test('16 writers over the same channels and two replicas: each channel has one order without a gap', async () => {
  const people = await given.crowd(16);
  const rooms = await given.topics.channels(10, 'room');
  const pairs = new Map<string, number>();
  const acknowledged = new Map<string, Message>();

  await Promise.all(
    people.map(async (principal, w) => {
      for (let n = 0; n < 40; n += 1) {
        const room = rooms[(w * 7 + n * 3) % rooms.length];
        const other = people[(w + n + 1) % people.length] as AccountPrincipal;
        const isDirect = n % 4 === 3;
        const target = isDirect ? { directWith: other.accountId } : { channelId: room!.id };
        const { message, inbox } = await given.chat.message.send(
          { target, clientId: `${w}:${n}`, content: says(`${w}:${n}`) },
          { principal },
        );
        acknowledged.set(message.id, message);
        for (const { accountId } of inbox) pairs.set(accountId, (pairs.get(accountId) ?? 0) + 1);
      }
    }),
  );

  const channelIds = [...new Set([...acknowledged.values()].map(({ channelId }) => channelId))];
  const stored = (await Promise.all(channelIds.map((id) => history(given, id)))).flat();
  expect(stored).toHaveLength(16 * 40);
  for (const message of stored) expect(acknowledged.get(message.id)).toEqual(message);
  for (const channelId of channelIds) {
    const sequences = stored.filter((message) => message.channelId === channelId).map(({ sequence }) => sequence);
    expect(sequences).toEqual(upTo(sequences.length));
  }
  for (const { accountId } of people) {
    const { entries, head } = await given.chat.inbox.list({ accountId, after: 0, limit: 500 }, given.system);
    expect(entries.map(({ sequence }) => sequence)).toEqual(upTo(pairs.get(accountId) ?? 0));
    expect(head).toBe(entries.length);
  }
  // What one writer sent sequentially keeps its order.
  const mine = stored.filter(
    ({ sender, channelId }) => sender.id === people[0]!.accountId && channelId === rooms[0]!.id,
  );
  const turns = mine.map(({ clientId }) => Number(clientId?.split(':')[1]));
  expect(turns).toEqual([...turns].sort((a, b) => a - b));
});

test('the same client id at two replicas at once, 500 times: no hole, no double, the same message back', async () => {
  const principal = await given.account();
  const bob = await given.account('bob');
  const room = await given.topics.channel('room');
  for (let n = 0; n < 500; n += 20) {
    await Promise.all(
      Array.from({ length: 20 }, async (_, k) => {
        const target = k % 5 === 0 ? { directWith: bob.accountId } : { channelId: room.id };
        const input = { target, clientId: `${n + k}`, content: says(`${n + k}`), raw: `{"n":${n + k}.0}` };
        const [one, other] = await Promise.all([
          given.chat.message.send(input, { principal }),
          given.chat.message.send(input, { principal }),
        ]);
        expect(one.message).toEqual(other.message);
        expect(one.inbox).toEqual(other.inbox);
        expect([one.repeated, other.repeated].filter(Boolean)).toHaveLength(1);
      }),
    );
  }
  const inRoom = await history(given, room.id);
  expect(inRoom.map(({ sequence }) => sequence)).toEqual(upTo(400));
  expect(new Set(inRoom.map(({ clientId }) => clientId)).size).toBe(400);
  const { entries } = await given.chat.inbox.list({ accountId: bob.accountId, after: 0, limit: 500 }, given.system);
  expect(entries.map(({ sequence }) => sequence)).toEqual(upTo(100));
});

test('a repeat inside one group gives the first one’s message and takes no number', async () => {
  await using one = await givenChat();
  const principal = await one.account();
  const room = await one.topics.channel('room');
  const send = (clientId: string, text: string) =>
    one.chat.message.send({ target: { channelId: room.id }, clientId, content: says(text) }, { principal });
  await send('warm', 'the cache');
  const [a, again, b] = await Promise.all([send('a', 'first'), send('a', 'second'), send('b', 'third')]);
  expect(again).toEqual({ ...a, repeated: true });
  expect([a.message.sequence, b.message.sequence]).toEqual([2, 3]);
  expect(await history(one, room.id)).toHaveLength(3);
  const later = await send('a', 'much later');
  expect(later).toEqual({ ...a, repeated: true });
});

test('connections killed during appends: each acknowledged message is there exactly once, without a gap', async () => {
  const room = await given.topics.channel('room');
  const acknowledged: Message[] = [];
  let isOver = false;
  let killed = 0;
  const killing = (async () => {
    // Kills only after some message was acknowledged, however slow the machine is: killed without pause, none ever would be.
    for (let seen = -1; !isOver;) {
      if (acknowledged.length > seen) {
        seen = acknowledged.length;
        const { rows } = await given.database.knex.raw<{ rows: unknown[] }>(
          `select pg_terminate_backend(pid) from pg_stat_activity
             where datname = current_database() and pid <> pg_backend_pid() and query like '%chat.append_%'`,
        );
        killed += rows.length;
      }
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
  })();
  try {
    await Promise.all(
      Array.from({ length: 16 }, async (_, w) => {
        const principal = anAccount(`writer ${w}`);
        for (let n = 0; n < 60; n += 1) {
          const input = { target: { channelId: room.id }, clientId: `${n}`, content: says(`${w}:${n}`) };
          // As a gateway does: it repeats the same client id until it has a response.
          const sending = eventually(() => given.chat.message.send(input, { principal }), { withinMs: 15_000 });
          acknowledged.push((await sending).message);
        }
      }),
    );
  } finally {
    isOver = true;
    await killing;
  }
  const stored = await history(given, room.id);
  expect(killed).toBeGreaterThan(5);
  expect(stored.map(({ sequence }) => sequence)).toEqual(upTo(16 * 60));
  expect(acknowledged.sort((a, b) => a.sequence - b.sequence)).toEqual(stored);
}, 60_000);
