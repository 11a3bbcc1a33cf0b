// Changes of messages are entries of the stream like the messages themselves: ordered, repaired and replayed with them.
import type { Message } from '@parley/contracts';
import { eventually } from '@parley/testing';
import { expect, test } from 'vitest';
import { givenRealtime, upTo } from '../testing/fixtures.js';
import type { Frame, GivenRealtime } from '../testing/fixtures.js';

const entriesIn = (frames: readonly Frame[]): unknown[] =>
  frames.filter(({ event }) => /^(message|reaction)\./.test(String(event))).map(({ sequence }) => sequence);

const repairing = { timings: { checkMinMs: 100, checkMaxMs: 200, missedMs: 20 } };

const sayAndReact = (given: GivenRealtime, said: () => Message, count: number): void => {
  for (let message = said(), n = 1; n < count; n++) {
    if (n % 3 === 0) message = said();
    else given.stubs.change(message, n % 3 === 1 ? 'reaction.added' : 'message.pinned');
  }
};

test('messages and changes that are shuffled, doubled and dropped reach every listener once and in order', async () => {
  await using given = await givenRealtime(repairing);
  const ada = given.principals.account('ada');
  const room = given.stubs.room(ada.id);
  const listener = await given.connect(ada.token);
  await listener.ask({ type: 'channel.attach', channelId: room });
  let seed = 11;
  const random = (): number => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647;
  given.route.take = (event, pass) => {
    if (random() < 0.2) return;
    for (let copies = random() < 0.2 ? 2 : 1; copies > 0; copies--) setTimeout(pass, random() * 40, event);
  };
  sayAndReact(given, () => given.stubs.say(room, ada.id, 'hello'), 120);
  await eventually(() => expect(entriesIn(listener.frames)).toHaveLength(120));
  expect(entriesIn(listener.frames)).toEqual(upTo(120));
});

test('changes of direct messages are replayed in the order of the inbox, and count', async () => {
  await using given = await givenRealtime();
  const [ada, bob] = [given.principals.account('ada'), given.principals.account('bob')];
  sayAndReact(given, () => given.stubs.direct(ada.id, bob.id, 'psst'), 20);
  const listener = await given.connect(bob.token);
  const resumed = await listener.ask({ type: 'session.resume', inbox: 5, channels: {} });
  expect(resumed).toMatchObject({ inbox: { outcome: 'replayed', count: 15, head: 20 } });
  expect(entriesIn(listener.frames)).toEqual(upTo(20).slice(5));
});

test('while only chat of the previous release runs, streams consist of its messages', async () => {
  await using given = await givenRealtime({ ...repairing, formerChat: true });
  const [ada, bob] = [given.principals.account('ada'), given.principals.account('bob')];
  const room = given.stubs.room(bob.id);
  for (const n of upTo(3)) given.stubs.say(room, bob.id, `m${n}`);
  given.stubs.direct(ada.id, bob.id, 'psst');
  const listener = await given.connect(bob.token);
  const resumed = await listener.ask({ type: 'session.resume', inbox: 0, channels: { [room]: 1 } });
  expect(resumed).toMatchObject({
    inbox: { outcome: 'replayed', count: 1, head: 1 },
    channels: { [room]: { outcome: 'replayed', count: 2, head: 3 } },
  });
  given.route.take = () => {};
  given.stubs.say(room, bob.id, 'unheard');
  await expect(listener.waitFor((frame) => frame.text === 'unheard')).resolves.toMatchObject({ sequence: 4 });
});
