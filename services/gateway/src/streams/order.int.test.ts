import { Fault } from '@parley/contracts';
import { expect, test } from 'vitest';
import { eventually } from '@parley/testing';
import { upTo } from '../testing/fixtures.js';
import { withServices } from '../testing/services.js';

const givenRealtime = withServices();

test('a message goes from one socket to another, and its sender gets an acknowledgement', async () => {
  await using given = await givenRealtime();
  const ada = await given.account('ada');
  const bob = await given.account('bob');
  const room = await given.room(ada, bob);
  const [a, b] = [await given.connect(ada.token), await given.connect(bob.token)];
  await b.ask({ type: 'channel.attach', channelId: room });
  const sent = await a.ask({
    type: 'message.send',
    target: { channelId: room },
    clientId: null,
    content: { type: 'text', text: 'hi' },
  });
  expect(sent).toMatchObject({ type: 'message.send', repeated: false, message: { sequence: 1 } });
  await expect(b.waitFor((frame) => frame.text === 'hi')).resolves.toMatchObject({ sequence: 1, channelId: room });
});

test('events shuffled, doubled and dropped reach every listener once and in order', async () => {
  await using given = await givenRealtime({ timings: { checkMinMs: 100, checkMaxMs: 200, missedMs: 20 } });
  const ada = await given.account('ada');
  const room = await given.room(ada);
  const listeners = await Promise.all(upTo(3).map(() => given.connect(ada.token)));
  for (const one of listeners) await one.ask({ type: 'channel.attach', channelId: room });
  let seed = 7;
  const random = (): number => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647;
  given.route.take = (event, pass) => {
    if (random() < 0.2) return;
    for (let copies = random() < 0.2 ? 2 : 1; copies > 0; copies--) setTimeout(pass, random() * 40, event);
  };
  for (let n = 1; n <= 300; n++) {
    await given.say(room, ada, `m${n}`);
    if (n % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 10));
  }
  for (const one of listeners) {
    await eventually(() => expect(one.sequences(room)).toHaveLength(300));
    expect(one.sequences(room)).toEqual(upTo(300));
  }
});

test('the last message of a channel reaches its listeners though its event was lost', async () => {
  await using given = await givenRealtime({ timings: { checkMinMs: 100, checkMaxMs: 100, missedMs: 20 } });
  const ada = await given.account('ada');
  const room = await given.room(ada);
  const listener = await given.connect(ada.token);
  await listener.ask({ type: 'channel.attach', channelId: room });
  given.route.take = () => {};
  await given.say(room, ada, 'unheard');
  await expect(listener.waitFor((frame) => frame.text === 'unheard')).resolves.toMatchObject({ sequence: 1 });
});

test('the first direct message of an account reaches it though its event was lost', async () => {
  await using given = await givenRealtime({ timings: { checkMinMs: 100, checkMaxMs: 100, missedMs: 20 } });
  const [ada, bob] = [await given.account('ada'), await given.account('bob')];
  const listener = await given.connect(bob.token);
  given.route.take = () => {};
  await given.direct(ada, bob, 'psst');
  await expect(listener.waitFor((frame) => frame.text === 'psst')).resolves.toMatchObject({ sequence: 1 });
});

test('what was said right after the greeting is received, however early', async () => {
  await using given = await givenRealtime();
  const [ada, bob] = [await given.account('ada'), await given.account('bob')];
  const listener = await given.connect(bob.token);
  for (const n of upTo(20)) await given.direct(ada, bob, `m${n}`);
  await eventually(() => expect(listener.sequences()).toEqual(upTo(20)));
});

test('events of another realm are dropped', async () => {
  await using given = await givenRealtime();
  const ada = await given.account('ada');
  const room = await given.room(ada);
  const listener = await given.connect(ada.token);
  await listener.ask({ type: 'channel.attach', channelId: room });
  given.route.take = (event, pass) => pass({ ...event, realm: 'other' });
  await given.say(room, ada, 'elsewhere');
  given.route.take = (event, pass) => pass(event);
  await given.say(room, ada, 'here');
  await listener.waitFor((frame) => frame.text === 'here');
  // Both are committed in this realm, so the repair reads the one whose event was dropped.
  expect(listener.sequences(room)).toEqual([1, 2]);
});

test('a send whose answer was lost is repeated and kept once', async () => {
  await using given = await givenRealtime();
  const ada = await given.account('ada');
  const room = await given.room(ada);
  const socket = await given.connect(ada.token);
  await socket.ask({ type: 'channel.attach', channelId: room });
  given.calls.take = async ({ name }, answer) => {
    const answered = await answer();
    if (name !== 'chat.message.send' || given.calls.count(name) > 2) return answered;
    throw new Fault('unavailable', 'deadline_exceeded', 'Lost');
  };
  const content = { type: 'text', text: 'once' };
  const sent = await socket.ask({ type: 'message.send', target: { channelId: room }, clientId: null, content });
  expect(sent).toMatchObject({ message: { sequence: 1 } });
  expect(given.calls.count('chat.message.send')).toBe(3);
  expect(socket.sequences(room)).toEqual([1]);
});

test('what one connection sends to a channel keeps its order', async () => {
  await using given = await givenRealtime();
  const ada = await given.account('ada');
  const room = await given.room(ada);
  const socket = await given.connect(ada.token);
  await socket.ask({ type: 'channel.attach', channelId: room });
  for (const n of upTo(100)) {
    socket.send({
      type: 'message.send',
      target: { channelId: room },
      clientId: `c${n}`,
      content: { type: 'text', text: `m${n}` },
    });
  }
  await eventually(() => expect(socket.sequences(room)).toHaveLength(100));
  const texts = socket.frames.filter((one) => one.event === 'message.created').map((one) => one.text);
  expect(texts).toEqual(upTo(100).map((n) => `m${n}`));
});
