import { setImmediate as turnOfTheLoop } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Fault } from '@parley/contracts';
import { eventually } from '@parley/testing';
import { givenRealtime, upTo } from '../testing/fixtures.js';

test('a listener that attaches while a thousand messages are said receives each once and in order', async () => {
  await using given = await givenRealtime();
  const ada = given.principals.account('ada');
  const room = given.stubs.room(ada.id);
  for (const n of upTo(1_200)) given.stubs.say(room, ada.id, `m${n}`);
  const other = await given.connect(ada.token);
  await other.ask({ type: 'channel.attach', channelId: room });
  const late = await given.connect(ada.token);
  const attached = late.ask({ type: 'channel.attach', channelId: room, after: 0 });
  for (const n of upTo(1_000)) {
    given.stubs.say(room, ada.id, `m${n + 1_200}`);
    if (n % 50 === 0) await turnOfTheLoop();
  }
  await expect(attached).resolves.toMatchObject({ resumed: { outcome: 'replayed' } });
  await eventually(() => expect(late.sequences(room)).toHaveLength(2_200));
  expect(late.sequences(room)).toEqual(upTo(2_200));
  await eventually(() => expect(other.sequences(room)).toHaveLength(1_000));
});

test('what was replayed comes before the answer that says so', async () => {
  await using given = await givenRealtime();
  const ada = given.principals.account('ada');
  const room = given.stubs.room(ada.id);
  for (const n of upTo(7)) given.stubs.say(room, ada.id, `m${n}`);
  const socket = await given.connect(ada.token);
  const answer = await socket.ask({ type: 'channel.attach', channelId: room, after: 2 });
  expect(answer).toMatchObject({ resumed: { outcome: 'replayed', count: 5, head: 7 } });
  expect(socket.sequences(room)).toEqual([3, 4, 5, 6, 7]);
});

test('a client that is further than this gateway receives nothing twice', async () => {
  await using given = await givenRealtime({ timings: { holdBackMs: 60_000 } });
  const ada = given.principals.account('ada');
  const room = given.stubs.room(ada.id);
  const [one, two] = [await given.connect(ada.token), await given.connect(ada.token)];
  await one.ask({ type: 'channel.attach', channelId: room });
  const late: (() => void)[] = [];
  given.route.take = (event, pass) => {
    if (event.name === 'message.created') late.push(() => pass(event));
    else pass(event);
  };
  for (const n of upTo(3)) given.stubs.say(room, ada.id, `m${n}`);
  await expect(two.ask({ type: 'channel.attach', channelId: room, after: 1 })).resolves.toMatchObject({
    resumed: { outcome: 'replayed', count: 2, head: 3 },
  });
  await eventually(() => late.length === 3);
  given.route.take = (event, pass) => pass(event);
  for (const pass of late) pass();
  given.stubs.say(room, ada.id, 'm4');
  await eventually(() => expect(one.sequences(room)).toEqual(upTo(4)));
  expect(two.sequences(room)).toEqual([2, 3, 4]);
});

test.each([
  ['too far behind', 0, { floor: 0, said: 30 }],
  ['below what retention left', 3, { floor: 10, said: 30 }],
  ['beyond the head', 99, { floor: 0, said: 30 }],
])('%s, a listener gets a reset and receives what comes', async (_, after, { floor, said }) => {
  await using given = await givenRealtime({ timings: { replayMax: 25 } });
  const ada = given.principals.account('ada');
  const room = given.stubs.room(ada.id);
  for (const n of upTo(said)) given.stubs.say(room, ada.id, `m${n}`);
  given.stubs.floor(room, floor);
  const socket = await given.connect(ada.token);
  const answer = await socket.ask({ type: 'channel.attach', channelId: room, after });
  expect(answer).toMatchObject({ resumed: { outcome: 'reset', head: 30, floor } });
  given.stubs.say(room, ada.id, 'next');
  await socket.waitFor((frame) => frame.text === 'next');
  expect(socket.sequences(room)).toEqual([31]);
});

test('resuming the inbox as the first frame gives all direct messages once and in order', async () => {
  await using given = await givenRealtime();
  const [ada, bob] = [given.principals.account('ada'), given.principals.account('bob')];
  for (const n of upTo(5)) given.stubs.direct(ada.id, bob.id, `m${n}`);
  const room = given.stubs.room(bob.id);
  for (const n of upTo(3)) given.stubs.say(room, bob.id, `r${n}`);
  const socket = await given.connect(bob.token);
  given.stubs.direct(ada.id, bob.id, 'm6');
  const answer = await socket.ask({ type: 'session.resume', inbox: 2, channels: { [room]: 1 } });
  expect(answer).toMatchObject({
    inbox: { outcome: 'replayed', count: 4, head: 6 },
    channels: { [room]: { outcome: 'replayed', count: 2, head: 3 } },
  });
  given.stubs.direct(ada.id, bob.id, 'm7');
  await socket.waitFor((frame) => frame.text === 'm7');
  const direct = socket.frames.filter((one) => String(one.text).startsWith('m')).map((one) => one.sequence);
  expect(direct).toEqual([3, 4, 5, 6, 7]);
});

test('a resumed channel that refuses does not stop the others', async () => {
  await using given = await givenRealtime();
  const [ada, bob] = [given.principals.account('ada'), given.principals.account('bob')];
  const [open, closed] = [given.stubs.room(bob.id), given.stubs.room(ada.id)];
  const socket = await given.connect(bob.token);
  const answer = await socket.ask({ type: 'session.resume', channels: { [open]: 0, [closed]: 0 } });
  expect(answer).toMatchObject({
    inbox: null,
    channels: { [open]: { outcome: 'replayed' }, [closed]: { outcome: 'refused' } },
  });
});

test('while chat is down a connection opens, and direct messages come when it is back', async () => {
  await using given = await givenRealtime({ timings: { holdBackMs: 10 } });
  const [ada, bob] = [given.principals.account('ada'), given.principals.account('bob')];
  given.stubs.state.chatDown = true;
  const socket = await given.connect(bob.token);
  given.stubs.direct(ada.id, bob.id, 'later');
  given.stubs.state.chatDown = false;
  await socket.waitFor((frame) => frame.text === 'later');
  expect(socket.sequences()).toEqual([1]);
});

test('an inbox whose reading fails in the middle goes on where it was, and nothing comes twice', async () => {
  await using given = await givenRealtime({ timings: { inboxRetryMs: 20 } });
  const [ada, bob] = [given.principals.account('ada'), given.principals.account('bob')];
  for (const n of upTo(1_200)) given.stubs.direct(ada.id, bob.id, `m${n}`);
  let pages = 0;
  given.stubs.state.beforeInboxPage = async () => {
    pages += 1;
    if (pages === 2) throw new Fault('unavailable', 'store_unavailable', 'Down');
  };
  const socket = await given.connect(bob.token);
  const answer = await socket.ask({ type: 'session.resume', inbox: 0, channels: {} });
  expect(answer).toMatchObject({ inbox: { outcome: 'refused' } });
  await eventually(() => expect(socket.sequences()).toHaveLength(1_200));
  given.stubs.direct(ada.id, bob.id, 'the end');
  await socket.waitFor((frame) => frame.text === 'the end');
  expect(socket.sequences()).toEqual(upTo(1_201));
});
