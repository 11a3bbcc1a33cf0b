import { expect, test } from 'vitest';
import { Fault } from '@parley/contracts';
import { eventually } from '@parley/testing';
import { upTo } from '../testing/fixtures.js';
import { withServices } from '../testing/services.js';

const givenRealtime = withServices();

const down = (): Fault => new Fault('unavailable', 'store_unavailable', 'Down');

test('a listener that attaches while a thousand messages are said receives each once and in order', async () => {
  await using given = await givenRealtime();
  const ada = await given.account('ada');
  const room = await given.room(ada);
  await Promise.all(upTo(1_200).map((n) => given.say(room, ada, `m${n}`)));
  const other = await given.connect(ada.token);
  await other.ask({ type: 'channel.attach', channelId: room });
  const late = await given.connect(ada.token);
  const attached = late.ask({ type: 'channel.attach', channelId: room, after: 0 });
  for (let n = 1_200; n < 2_200; n += 50)
    await Promise.all(upTo(50).map((more) => given.say(room, ada, `m${n + more}`)));
  await expect(attached).resolves.toMatchObject({ resumed: { outcome: 'replayed' } });
  await eventually(() => expect(late.sequences(room)).toHaveLength(2_200));
  expect(late.sequences(room)).toEqual(upTo(2_200));
  await eventually(() => expect(other.sequences(room)).toHaveLength(1_000));
});

test('what was replayed comes before the answer that says so', async () => {
  await using given = await givenRealtime();
  const ada = await given.account('ada');
  const room = await given.room(ada);
  for (const n of upTo(7)) await given.say(room, ada, `m${n}`);
  const socket = await given.connect(ada.token);
  const answer = await socket.ask({ type: 'channel.attach', channelId: room, after: 2 });
  expect(answer).toMatchObject({ resumed: { outcome: 'replayed', count: 5, head: 7 } });
  expect(socket.sequences(room)).toEqual([3, 4, 5, 6, 7]);
});

test('a client that is further than this gateway receives nothing twice', async () => {
  await using given = await givenRealtime({ timings: { holdBackMs: 60_000 } });
  const ada = await given.account('ada');
  const room = await given.room(ada);
  const [one, two] = [await given.connect(ada.token), await given.connect(ada.token)];
  await one.ask({ type: 'channel.attach', channelId: room });
  const late: (() => void)[] = [];
  given.route.take = (event, pass) => {
    if (event.name === 'message.created') late.push(() => pass(event));
    else pass(event);
  };
  for (const n of upTo(3)) await given.say(room, ada, `m${n}`);
  await expect(two.ask({ type: 'channel.attach', channelId: room, after: 1 })).resolves.toMatchObject({
    resumed: { outcome: 'replayed', count: 2, head: 3 },
  });
  await eventually(() => late.length === 3);
  given.route.take = (event, pass) => pass(event);
  for (const pass of late) pass();
  await given.say(room, ada, 'm4');
  await eventually(() => expect(one.sequences(room)).toEqual(upTo(4)));
  expect(two.sequences(room)).toEqual([2, 3, 4]);
});

test.each([
  ['too far behind', 0, { floor: 0, said: 30 }],
  ['below what retention left', 3, { floor: 10, said: 30 }],
  ['beyond the head', 99, { floor: 0, said: 30 }],
])('%s, a listener gets a reset and receives what comes', async (_, after, { floor, said }) => {
  await using given = await givenRealtime({ timings: { replayMax: 25 } });
  const ada = await given.account('ada');
  const room = await given.room(ada);
  for (const n of upTo(said)) await given.say(room, ada, `m${n}`);
  if (floor > 0) await given.expire(room, floor);
  const socket = await given.connect(ada.token);
  const answer = await socket.ask({ type: 'channel.attach', channelId: room, after });
  expect(answer).toMatchObject({ resumed: { outcome: 'reset', head: 30, floor } });
  await given.say(room, ada, 'next');
  await socket.waitFor((frame) => frame.text === 'next');
  expect(socket.sequences(room)).toEqual([31]);
});

test('resuming the inbox as the first frame gives all direct messages once and in order', async () => {
  await using given = await givenRealtime();
  const [ada, bob] = [await given.account('ada'), await given.account('bob')];
  for (const n of upTo(5)) await given.direct(ada, bob, `m${n}`);
  const room = await given.room(bob);
  for (const n of upTo(3)) await given.say(room, bob, `r${n}`);
  const socket = await given.connect(bob.token);
  await given.direct(ada, bob, 'm6');
  const answer = await socket.ask({ type: 'session.resume', inbox: 2, channels: { [room]: 1 } });
  expect(answer).toMatchObject({
    inbox: { outcome: 'replayed', count: 4, head: 6 },
    channels: { [room]: { outcome: 'replayed', count: 2, head: 3 } },
  });
  await given.direct(ada, bob, 'm7');
  await socket.waitFor((frame) => frame.text === 'm7');
  const direct = socket.frames.filter((one) => String(one.text).startsWith('m')).map((one) => one.sequence);
  expect(direct).toEqual([3, 4, 5, 6, 7]);
});

test('a resumed channel that refuses does not stop the others', async () => {
  await using given = await givenRealtime();
  const [ada, bob] = [await given.account('ada'), await given.account('bob')];
  const [open, closed] = [await given.room(bob), await given.room(ada)];
  const socket = await given.connect(bob.token);
  const answer = await socket.ask({ type: 'session.resume', channels: { [open]: 0, [closed]: 0 } });
  expect(answer).toMatchObject({
    inbox: null,
    channels: { [open]: { outcome: 'replayed' }, [closed]: { outcome: 'refused' } },
  });
});

test('while chat is down a connection opens, and direct messages come when it is back', async () => {
  await using given = await givenRealtime({ timings: { holdBackMs: 10 } });
  const [ada, bob] = [await given.account('ada'), await given.account('bob')];
  const reads = ['chat.channel.heads', 'chat.inbox.entries'];
  given.calls.take = ({ name }, answer) => (reads.includes(name) ? Promise.reject(down()) : answer());
  const socket = await given.connect(bob.token);
  await given.direct(ada, bob, 'later');
  given.calls.take = (_call, answer) => answer();
  await socket.waitFor((frame) => frame.text === 'later');
  expect(socket.sequences()).toEqual([1]);
});

test('an inbox whose reading fails in the middle goes on where it was, and nothing comes twice', async () => {
  await using given = await givenRealtime({ timings: { inboxRetryMs: 20 } });
  const [ada, bob] = [await given.account('ada'), await given.account('bob')];
  await Promise.all(upTo(1_200).map((n) => given.direct(ada, bob, `m${n}`)));
  given.calls.take = ({ name }, answer) =>
    name === 'chat.inbox.entries' && given.calls.count(name) === 2 ? Promise.reject(down()) : answer();
  const socket = await given.connect(bob.token);
  const answer = await socket.ask({ type: 'session.resume', inbox: 0, channels: {} });
  expect(answer).toMatchObject({ inbox: { outcome: 'refused' } });
  await eventually(() => expect(socket.sequences()).toHaveLength(1_200));
  await given.direct(ada, bob, 'the end');
  await socket.waitFor((frame) => frame.text === 'the end');
  expect(socket.sequences()).toEqual(upTo(1_201));
});
