import { randomUUID } from 'node:crypto';
import type { AccountPrincipal, BusEventNamed, ChannelId } from '@parley/contracts';
import { eventually } from '@parley/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Given, givenChat, says } from './testing/fixtures.js';

let given: Given;
beforeAll(async () => {
  given = await givenChat();
});
afterAll(() => given[Symbol.asyncDispose]());

const as = (principal: AccountPrincipal) => ({ principal });
const send = (by: AccountPrincipal, channelId: ChannelId) =>
  given.chat.message.send({ target: { channelId }, clientId: randomUUID(), content: says('x') }, as(by));

type Changed = BusEventNamed<'receipt.changed'>;
const changesIn = (channelId: ChannelId): { event: Changed; scopeKind: string }[] =>
  given.events.flatMap(({ event, scopeKind }) =>
    event.name === 'receipt.changed' && event.channel.id === channelId ? [{ event, scopeKind }] : [],
  );
/** Published after all that came before it on the same bus. */
const changes = (channelId: ChannelId, count: number) =>
  eventually(() => {
    const found = changesIn(channelId);
    expect(found).toHaveLength(count);
    return found;
  });

test('positions move forward separately, and what was read was delivered', async () => {
  const [ada, bob] = [await given.account('ada'), await given.account('bob')];
  const { id: channelId } = await given.topics.channel('group', [ada, bob]);
  for (let n = 0; n < 5; n += 1) await send(ada, channelId);
  const record = (positions: object) => given.chat.receipt.record({ channelId, ...positions }, as(bob));
  expect(await record({ delivered: 3 })).toEqual({ sequence: 0, read: 0, delivered: 3 });
  expect(await record({ read: 2 })).toEqual({ sequence: 2, read: 2, delivered: 3 });
  expect(await record({ sequence: 4 })).toEqual({ sequence: 4, read: 4, delivered: 4 });
  expect(await record({ read: 1, delivered: 9 })).toEqual({ sequence: 4, read: 4, delivered: 5 });
  const { positions, total, counts } = await given.chat.receipt.list({ channelId, at: 5 }, as(ada));
  expect(total).toBe(2);
  expect(counts).toEqual({ read: 1, delivered: 2 });
  expect(positions).toContainEqual({ accountId: bob.accountId, read: 4, delivered: 5 });
  expect(positions).toContainEqual({ accountId: ada.accountId, read: 5, delivered: 5 });
  await expect(given.chat.receipt.list({ channelId }, as(await given.account('eve')))).rejects.toMatchObject({
    code: 'forbidden',
    reason: 'not_member',
  });
});

test('a moved position is published to its account and to a small group, an old one to nobody', async () => {
  const [ada, bob] = [await given.account('ada'), await given.account('bob')];
  const { id: channelId } = await given.topics.channel('group', [ada, bob]);
  await send(ada, channelId);
  await send(ada, channelId);
  await given.chat.receipt.record({ channelId, read: 2 }, as(bob));
  await given.chat.receipt.record({ channelId, read: 1 }, as(bob));
  const published = await changes(channelId, 2);
  expect(published.map(({ scopeKind }) => scopeKind).sort()).toEqual(['account', 'channel']);
  expect(published[0]?.event).toMatchObject({ accountId: bob.accountId, read: 2, delivered: 2 });
  // A repeat is published again.
  await given.chat.receipt.record({ channelId, read: 2 }, as(bob));
  await changes(channelId, 4);
});

test('positions in rooms and large groups are published to their own account only', async () => {
  const members = await given.crowd(101);
  const channels = [(await given.topics.channel('group', members)).id, (await given.topics.channel('room')).id];
  for (const channelId of channels) {
    await send(members[0]!, channelId);
    await given.chat.receipt.record({ channelId, read: 1 }, as(members[1]!));
    expect((await changes(channelId, 1)).map(({ scopeKind }) => scopeKind)).toEqual(['account']);
  }
});

test('an account that does not share its positions is in no list, and others hear nothing of it', async () => {
  const [ada, bob] = [await given.account('ada'), await given.account('bob')];
  const { channel } = await given.chat.message.send(
    { target: { directWith: bob.accountId }, clientId: 'x', content: says('x') },
    as(ada),
  );
  const channelId = channel.id;
  await given.chat.receipt.record({ channelId, read: 1 }, as(bob));
  await changes(channelId, 2);
  await given.chat.receipt.record({ channelId, read: 1, shared: false }, as(bob));
  await changes(channelId, 3);
  // Left out: as before.
  await given.chat.receipt.record({ channelId, read: 1 }, as(bob));
  await changes(channelId, 4);
  const { positions, counts } = await given.chat.receipt.list({ channelId, at: 1 }, as(ada));
  expect([positions.map(({ accountId }) => accountId), counts]).toEqual([[ada.accountId], { read: 1, delivered: 1 }]);
  await given.chat.receipt.record({ channelId, read: 1, shared: true }, as(bob));
  await changes(channelId, 6);
});

test('many positions are recorded at once, for Parley itself', async () => {
  const people = await given.crowd(20);
  const channels = (await given.topics.channels(2, 'group', people)).map(({ id }) => id);
  for (const channelId of channels) await send(people[0]!, channelId);
  const positions = channels.flatMap((channelId) =>
    people.slice(1).map(({ accountId }) => ({ accountId, channelId, read: 0, delivered: 1 })),
  );
  const unknown = { accountId: people[1]!.accountId, channelId: randomUUID() as ChannelId, read: 1, delivered: 1 };
  const answer = await given.chat.receipt.recordMany({ positions: [...positions, unknown] }, given.system);
  const order = (a: { accountId: string; channelId: string }, b: typeof a) =>
    `${a.channelId}${a.accountId}` < `${b.channelId}${b.accountId}` ? -1 : 1;
  expect(answer.positions.toSorted(order)).toEqual(positions.toSorted(order));
  await changes(channels[0]!, 38);
  await expect(given.chat.receipt.recordMany({ positions }, as(people[0]!))).rejects.toMatchObject({
    code: 'forbidden',
  });
  const twice = [positions[0]!, positions[0]!];
  await expect(given.chat.receipt.recordMany({ positions: twice }, given.system)).rejects.toMatchObject({
    code: 'invalid',
  });
});

test('sends and positions of the same accounts at once never deadlock', async () => {
  const people = await given.crowd(12);
  const channels = (await given.topics.channels(6, 'group', people)).map(({ id }) => id);
  await Promise.all(channels.map((channelId) => send(people[0]!, channelId)));
  const all = channels.flatMap((channelId) =>
    people.map(({ accountId }) => ({ accountId, channelId, read: 1, delivered: 1 })),
  );
  await Promise.all(
    Array.from({ length: 15 }, async (_, n) => {
      await Promise.all(people.map((each, i) => send(each, channels[(i + n) % channels.length]!)));
      await given.chat.receipt.recordMany({ positions: n % 2 === 0 ? all : all.toReversed() }, given.system);
    }),
  );
  const { rows } = await given.database.knex.raw<{ rows: { deadlocks: string }[] }>(
    'select deadlocks from pg_stat_database where datname = current_database()',
  );
  expect(rows).toEqual([{ deadlocks: '0' }]);
});

test('an acknowledged message counts as delivered, for its sender too', async () => {
  const [ada, bob] = [await given.account('ada'), await given.account('bob')];
  const direct = { target: { directWith: bob.accountId }, content: says('x'), reference: randomUUID() };
  await given.chat.message.send({ ...direct, clientId: '1', reference: randomUUID() }, as(ada));
  const { channel } = await given.chat.message.send({ ...direct, clientId: '2' }, as(ada));
  const acknowledge = (by: AccountPrincipal) =>
    given.chat.delivery.acknowledge({ references: [direct.reference] }, as(by));
  expect(await acknowledge(await given.account('eve'))).toEqual({ acknowledged: 0 });
  expect(await acknowledge(bob)).toEqual({ acknowledged: 1 });
  const published = await changes(channel.id, 2);
  expect(published[0]?.event).toMatchObject({ accountId: bob.accountId, read: 0, delivered: 2 });
  const { positions } = await given.chat.receipt.list({ channelId: channel.id }, as(ada));
  expect(positions).toContainEqual({ accountId: bob.accountId, read: 0, delivered: 2 });
});
