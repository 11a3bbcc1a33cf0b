// During a rolling upgrade a gateway may find chat of the previous release only, whose streams consist of messages.
import { expect, test } from 'vitest';
import { upTo } from '../testing/fixtures.js';
import { withServices } from '../testing/services.js';

const givenRealtime = withServices({ unserved: ['chat.channel.entries', 'chat.inbox.entries'] });

test('while only chat of the previous release runs, streams consist of its messages', async () => {
  await using given = await givenRealtime({
    timings: { checkMinMs: 100, checkMaxMs: 200, missedMs: 20 },
  });
  const [ada, bob] = [await given.account('ada'), await given.account('bob')];
  const room = await given.room(bob);
  for (const n of upTo(3)) await given.say(room, bob, `m${n}`);
  await given.direct(ada, bob, 'psst');
  const listener = await given.connect(bob.token);
  const resumed = await listener.ask({ type: 'session.resume', inbox: 0, channels: { [room]: 1 } });
  expect(resumed).toMatchObject({
    inbox: { outcome: 'replayed', count: 1, head: 1 },
    channels: { [room]: { outcome: 'replayed', count: 2, head: 3 } },
  });
  given.route.take = () => {};
  await given.say(room, bob, 'unheard');
  await expect(listener.waitFor((frame) => frame.text === 'unheard')).resolves.toMatchObject({ sequence: 4 });
});
