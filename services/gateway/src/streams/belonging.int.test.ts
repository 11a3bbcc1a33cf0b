import { expect, test } from 'vitest';
import type { ChannelId } from '@parley/contracts';
import { eventually } from '@parley/testing';
import { type GivenGateway, withServices } from '../testing/services.js';

const givenRealtime = withServices();

const givenTwo = async (given: GivenGateway) => {
  const [ada, bob] = [await given.account('ada'), await given.account('bob')];
  const room = await given.room(ada, bob);
  const [a, b] = [await given.connect(ada.token), await given.connect(bob.token)];
  for (const one of [a, b]) await one.ask({ type: 'channel.attach', channelId: room });
  return { ada, bob, room, a, b };
};

interface Attached {
  room: ChannelId | null;
}

/** An adapter that attaches each connection to the room, once there is one, and announces it. */
const announcedIn = (account: Attached) => ({
  get attach() {
    return account.room === null ? [] : [account.room];
  },
  announced: true,
});

test('a removed member is notified once and receives nothing more', async () => {
  await using given = await givenRealtime();
  const { ada, bob, room, a, b } = await givenTwo(given);
  await given.remove(room, bob);
  await given.say(room, ada, 'secret');
  await a.waitFor((frame) => frame.text === 'secret');
  await b.waitFor((frame) => frame.event === 'member.removed');
  await b.ask({ type: 'typing.start', channelId: room });
  expect(b.frames.filter((one) => one.event === 'member.removed')).toHaveLength(1);
  expect(b.sequences(room)).toEqual([]);
  expect(a.frames.filter((one) => one.event === 'member.removed')).toHaveLength(1);
});

test('a removal that the bus lost is found out before the next message is delivered', async () => {
  await using given = await givenRealtime();
  const { ada, bob, room, a, b } = await givenTwo(given);
  given.route.take = (event, pass) => void (event.name !== 'member.removed' && pass(event));
  await given.remove(room, bob);
  await given.say(room, ada, 'secret');
  await a.waitFor((frame) => frame.text === 'secret');
  await b.waitFor((frame) => frame.event === 'member.removed');
  expect(b.sequences(room)).toEqual([]);
});

test('a removal that the bus lost is found out in a silent channel within the check', async () => {
  await using given = await givenRealtime({ timings: { checkMinMs: 100, checkMaxMs: 100 } });
  const { bob, room, b } = await givenTwo(given);
  given.route.take = () => {};
  await given.remove(room, bob);
  await b.waitFor((frame) => frame.event === 'member.removed', 2_000);
});

test('a socket that was for one channel only is closed when it is removed from there', async () => {
  const account: Attached = { room: null };
  await using given = await givenRealtime({ adapter: announcedIn(account) });
  const [ada, bob] = [await given.account('ada'), await given.account('bob')];
  const room = await given.room(ada, bob);
  account.room = room;
  const socket = await given.connect(bob.token);
  await given.remove(room, bob);
  await expect(socket.closed(1_000)).resolves.toEqual({ code: 4403, reason: 'not_member' });
});

test('others are notified once when an announced connection comes and goes', async () => {
  const account: Attached = { room: null };
  await using given = await givenRealtime({ adapter: announcedIn(account) });
  const [ada, bob] = [await given.account('ada'), await given.account('bob')];
  account.room = await given.room(ada, bob);
  const watcher = await given.connect(ada.token);
  await eventually(() => watcher.frames.some((one) => one.event === 'session.opened'));
  const member = await given.connect(bob.token);
  member.ws.terminate();
  await watcher.waitFor((frame) => frame.event === 'session.closed');
  expect(watcher.frames.filter((one) => one.event === 'session.opened')).toHaveLength(2);
  expect(watcher.frames.filter((one) => one.event === 'session.closed')).toHaveLength(1);
});

test('who is not a member is refused, and receives nothing', async () => {
  await using given = await givenRealtime();
  const [ada, bob] = [await given.account('ada'), await given.account('bob')];
  const room = await given.room(ada);
  const socket = await given.connect(bob.token);
  await expect(socket.ask({ type: 'channel.attach', channelId: room })).resolves.toMatchObject({ fault: 'forbidden' });
  await given.say(room, ada, 'secret');
  await socket.ask({ type: 'receipt.record', channelId: room, read: 1 });
  expect(socket.sequences()).toEqual([]);
});

test('the sockets of an ended session are closed within a second, and no others', async () => {
  await using given = await givenRealtime();
  const { ada, a, b, room } = await givenTwo(given);
  given.principals.revoke(ada.sessionId);
  await expect(a.closed(1_000)).resolves.toEqual({ code: 4401, reason: 'session_ended' });
  await expect(b.ask({ type: 'receipt.record', channelId: room, read: 0 })).resolves.toMatchObject({ read: 0 });
});

test('a token that ends closes its socket, unless another of the same session came before', async () => {
  await using given = await givenRealtime();
  const ada = await given.account('ada', 700);
  const [ending, renewed] = [await given.connect(ada.token), await given.connect(ada.token)];
  const other = await given.account('eve');
  await expect(renewed.ask({ type: 'token.renew', accessToken: other.token })).resolves.toMatchObject({
    fault: 'unauthenticated',
  });
  await renewed.ask({ type: 'token.renew', accessToken: ada.renewed(60_000) });
  await expect(ending.closed(2_000)).resolves.toEqual({ code: 4401, reason: 'token_expired' });
  await expect(
    renewed.ask({ type: 'receipt.record', channelId: await given.room(ada), read: 0 }),
  ).resolves.toMatchObject({ read: 0 });
});

test('typing is sent to others, and only so often', async () => {
  await using given = await givenRealtime({ adapter: { echo: false } });
  const { room, a, b } = await givenTwo(given);
  for (let n = 0; n < 5; n++) await a.ask({ type: 'typing.start', channelId: room });
  await b.waitFor((frame) => frame.event === 'typing.started');
  expect(b.frames.filter((one) => one.event === 'typing.started')).toHaveLength(1);
  expect(a.frames.filter((one) => one.event === 'typing.started')).toHaveLength(0);
});
