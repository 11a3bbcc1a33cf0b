// Changes of messages are entries of the stream like the messages themselves: ordered, repaired and replayed with them.
import type { Message } from '@parley/contracts';
import { eventually } from '@parley/testing';
import { expect, test } from 'vitest';
import { type Frame, upTo } from '../testing/fixtures.js';
import type { GivenAccount } from '../testing/principals.js';
import { type GivenGateway, withServices } from '../testing/services.js';

const givenRealtime = withServices();

const entriesIn = (frames: readonly Frame[]): unknown[] =>
  frames.filter(({ event }) => /^(message|reaction)\./.test(String(event))).map(({ sequence }) => sequence);

const repairing = { timings: { checkMinMs: 100, checkMaxMs: 200, missedMs: 20 } };

/** Messages of `by`, each with a reaction and a pin. */
const sayAndReact = async (
  given: GivenGateway,
  by: GivenAccount,
  said: () => Promise<Message>,
  count: number,
): Promise<void> => {
  for (let message = await said(), n = 1; n < count; n++) {
    if (n % 3 === 0) message = await said();
    else await given[n % 3 === 1 ? 'react' : 'pin'](message, by);
  }
};

test('messages and changes that are shuffled, doubled and dropped reach every listener once and in order', async () => {
  await using given = await givenRealtime(repairing);
  const ada = await given.account('ada');
  const room = await given.room(ada);
  const listener = await given.connect(ada.token);
  await listener.ask({ type: 'channel.attach', channelId: room });
  let seed = 11;
  const random = (): number => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647;
  given.route.take = (event, pass) => {
    if (random() < 0.2) return;
    for (let copies = random() < 0.2 ? 2 : 1; copies > 0; copies--) setTimeout(pass, random() * 40, event);
  };
  await sayAndReact(given, ada, () => given.say(room, ada, 'hello'), 120);
  await eventually(() => expect(entriesIn(listener.frames)).toHaveLength(120));
  expect(entriesIn(listener.frames)).toEqual(upTo(120));
});

test('changes of direct messages are replayed in the order of the inbox, and count', async () => {
  await using given = await givenRealtime();
  const [ada, bob] = [await given.account('ada'), await given.account('bob')];
  await sayAndReact(given, ada, () => given.direct(ada, bob, 'psst'), 20);
  const listener = await given.connect(bob.token);
  const resumed = await listener.ask({ type: 'session.resume', inbox: 5, channels: {} });
  expect(resumed).toMatchObject({ inbox: { outcome: 'replayed', count: 15, head: 20 } });
  expect(entriesIn(listener.frames)).toEqual(upTo(20).slice(5));
});
