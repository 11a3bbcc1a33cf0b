import { randomUUID } from 'node:crypto';
import type { AccountId } from '@parley/contracts';
import { eventually } from '@parley/testing';
import pMap from 'p-map';
import { expect, test } from 'vitest';
import { type Frame, upTo } from '../testing/fixtures.js';
import { callsMax, type GivenGateway, withServices } from '../testing/services.js';

const givenRealtime = withServices();

type Client = Awaited<ReturnType<GivenGateway['connect']>>;

const ids = (count: number): AccountId[] => Array.from({ length: count }, () => randomUUID() as AccountId);
const notices = ({ frames }: Client, type = 'presence.changed'): Frame[] =>
  frames.filter(({ notice }) => notice === type);
const statesOf = (client: Client, accountId: AccountId): unknown[] =>
  notices(client)
    .filter((one) => one.accountId === accountId)
    .map(({ state }) => state);
const subscribe = (client: Client, target: object): Promise<Frame> =>
  client.ask({ type: 'presence.subscribe', target });

/** Three accounts. */
const three = async ({ account }: GivenGateway) =>
  [await account('Ada'), await account('Bob'), await account('Eve')] as const;

test('a subscriber of a channel gets who is here, and then each transition of its members, once', async () => {
  await using given = await givenRealtime();
  const [ada, bob, eve] = await three(given);
  const channelId = await given.room(ada, bob);
  const other = await given.room(ada, bob, eve);
  const looking = await given.connect(ada.token);
  const snapshot = await eventually(async () => {
    const frame = await subscribe(looking, { channelId });
    expect(frame.counts).toEqual({ members: 2, online: 1, away: 0 });
    return frame;
  });
  expect(snapshot.accounts).toEqual(
    expect.arrayContaining([
      { accountId: ada.id, state: 'online', lastSeenAt: null },
      { accountId: bob.id, state: 'offline', lastSeenAt: null },
    ]),
  );
  // Bob is a member of two channels that this connection looks at, and is named as well.
  await subscribe(looking, { channelId: other });
  await subscribe(looking, { accountIds: [bob.id] });
  const his = await given.connect(bob.token);
  await eventually(() => expect(statesOf(looking, bob.id)).toEqual(['online']));
  await his.ask({ type: 'presence.set', state: 'away' });
  await eventually(() => expect(statesOf(looking, bob.id)).toEqual(['online', 'away']));
  his.ws.close();
  await eventually(() => expect(statesOf(looking, bob.id)).toEqual(['online', 'away', 'offline']));
  expect(notices(looking).at(-1)?.lastSeenAt).toMatch(/^20/);
  // Eve is in a channel that the connection stops looking at.
  await looking.ask({ type: 'presence.unsubscribe', target: { channelId: other } });
  await given.connect(eve.token);
  await given.connect(bob.token);
  await eventually(() => expect(statesOf(looking, bob.id).at(-1)).toBe('online'));
  expect(statesOf(looking, eve.id)).toEqual([]);
});

test('a connection that is back within the grace period was never gone', async () => {
  await using given = await givenRealtime();
  const [ada, bob, eve] = await three(given);
  const looking = await given.connect(ada.token);
  await subscribe(looking, { accountIds: [bob.id, eve.id] });
  const first = await given.connect(bob.token);
  await eventually(() => expect(statesOf(looking, bob.id)).toEqual(['online']));
  first.ws.close();
  await first.closed();
  await given.connect(bob.token);
  // Eve comes and goes later than Bob: whatever was to be published of him is out by then.
  const hers = await given.connect(eve.token);
  await eventually(() => expect(statesOf(looking, eve.id)).toEqual(['online']));
  hers.ws.close();
  await eventually(() => expect(statesOf(looking, eve.id)).toEqual(['online', 'offline']));
  expect(statesOf(looking, bob.id)).toEqual(['online']);
});

test('a client in the middle of many channels receives the presence of the one that it looks at', async () => {
  await using given = await givenRealtime({ limits: { framesBurst: 100_000 } });
  const ada = await given.account('Ada');
  const here = await given.accounts(10, 'Here');
  const elsewhere = await given.accounts(10, 'Elsewhere');
  const looked = await given.room(ada, ...here);
  const rooms = await pMap(upTo(100), () => given.room(ada, ...elsewhere), { concurrency: callsMax });
  const looking = await given.connect(ada.token);
  await looking.ask({ type: 'session.resume', channels: Object.fromEntries(rooms.map((id) => [id, 0])) });
  await subscribe(looking, { channelId: looked });
  for (const each of [...elsewhere, ...here]) await given.connect(each.token);
  const expected = new Set(here.map(({ id }) => id));
  await eventually(() => {
    const received = notices(looking).map(({ accountId }) => accountId as AccountId);
    expect(new Set(received.filter((id) => id !== ada.id))).toEqual(expected);
  });
});

test('a channel with more than 100 members has counts, at most once in a second', async () => {
  await using given = await givenRealtime();
  const ada = await given.account('Ada');
  const some = await given.accounts(30, 'Some');
  const channelId = await given.room(ada, ...some);
  // The gateway reads more than one page of them.
  await given.fill(channelId, 1_100);
  const looking = await given.connect(ada.token);
  const began = performance.now();
  const snapshot = await subscribe(looking, { channelId });
  expect(snapshot.accounts).toEqual([]);
  expect(snapshot.counts).toMatchObject({ members: 1_131 });
  for (const each of some) await given.connect(each.token);
  await eventually(() =>
    expect(notices(looking, 'presence.counted').at(-1)).toMatchObject({
      channelId,
      members: 1_131,
      online: 31,
      away: 0,
    }),
  );
  const seconds = (performance.now() - began) / 1_000;
  expect(notices(looking, 'presence.counted').length).toBeLessThanOrEqual(Math.ceil(seconds) + 1);
  expect(notices(looking)).toEqual([]);
});

test('members that join and leave change the subscription, and who is removed receives nothing more', async () => {
  await using given = await givenRealtime();
  const [[ada, bob, eve], cy] = [await three(given), await given.account('Cy')];
  const channelId = await given.room(ada, bob);
  const [looking, his] = [await given.connect(ada.token), await given.connect(bob.token)];
  await subscribe(looking, { channelId });
  await subscribe(his, { channelId });
  const hers = await given.connect(eve.token);
  await given.join(channelId, eve);
  await eventually(() => expect(statesOf(looking, eve.id)).toEqual(['online']));
  await given.remove(channelId, bob);
  await given.join(channelId, cy);
  await given.connect(cy.token);
  await eventually(() => expect(statesOf(looking, cy.id)).toEqual(['online']));
  await hers.ask({ type: 'presence.set', state: 'away' });
  await eventually(() => expect(statesOf(looking, eve.id)).toEqual(['online', 'away']));
  expect(statesOf(his, cy.id)).toEqual([]);
  // He is not a member any more: he may not subscribe again, and the others do not receive him.
  expect(await subscribe(his, { channelId })).toMatchObject({ fault: 'forbidden', reason: 'not_member' });
  expect((await subscribe(looking, { channelId })).counts).toMatchObject({ members: 3 });
});

test('a membership whose event was lost is found by its version', async () => {
  await using given = await givenRealtime({ timings: { checkMinMs: 50, checkMaxMs: 60 } });
  const [ada, bob] = await three(given);
  const channelId = await given.room(ada);
  const looking = await given.connect(ada.token);
  await subscribe(looking, { channelId });
  await given.connect(bob.token);
  given.route.take = (event, pass) => (event.name === 'member.added' ? undefined : pass(event));
  await given.join(channelId, bob);
  await eventually(() => expect(statesOf(looking, bob.id)).toEqual(['online']));
});

test('a transition whose event was lost is found when states are read again', async () => {
  await using given = await givenRealtime({ timings: { checkMinMs: 50, checkMaxMs: 60 } });
  const [ada, bob] = await three(given);
  const looking = await given.connect(ada.token);
  await subscribe(looking, { accountIds: [bob.id] });
  given.route.take = (event, pass) => (event.name === 'presence.changed' ? undefined : pass(event));
  await given.connect(bob.token);
  await eventually(() => expect(statesOf(looking, bob.id)).toEqual(['online']));
});

test('what a connection may be subscribed to is limited', async () => {
  await using given = await givenRealtime();
  const [ada, bob] = await three(given);
  const looking = await given.connect(ada.token);
  for (let n = 0; n < 5; n += 1) await subscribe(looking, { accountIds: ids(100) });
  expect(await subscribe(looking, { accountIds: ids(1) })).toMatchObject({ reason: 'too_many_subscriptions' });
  expect(await subscribe(looking, { channelId: await given.room(bob) })).toMatchObject({ reason: 'not_member' });
  const channels = await pMap(upTo(51), () => given.room(ada), { concurrency: callsMax });
  const last = channels.pop();
  for (const channelId of channels) await subscribe(looking, { channelId });
  expect(await subscribe(looking, { channelId: last })).toMatchObject({ reason: 'too_many_subscriptions' });
  await looking.ask({ type: 'presence.unsubscribe', target: { channelId: channels[0] } });
  expect(await subscribe(looking, { channelId: last })).not.toHaveProperty('fault');
});
