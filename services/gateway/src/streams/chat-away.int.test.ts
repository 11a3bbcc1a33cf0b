import { Fault } from '@parley/contracts';
import { expect, test } from 'vitest';
import { eventually } from '@parley/testing';
import { upTo } from '../testing/fixtures.js';
import { type GivenGateway, withServices } from '../testing/services.js';

const givenRealtime = withServices();

// A stream's head may be unknown for a while (chat does not answer), and pages may arrive late.

const reads = ['chat.channel.heads', 'chat.channel.entries', 'chat.message.list'];

/** Chat's store cannot be read until the returned function is called. */
const failReads = ({ calls }: GivenGateway): (() => void) => {
  calls.take = ({ name }, answer) =>
    reads.includes(name) ? Promise.reject(new Fault('unavailable', 'store_unavailable', 'Down')) : answer();
  return () => (calls.take = (_call, answer) => answer());
};

test('who resumed before the head was known receives nothing twice when it is', async () => {
  await using given = await givenRealtime();
  const [ada, bob] = [await given.account('ada'), await given.account('bob')];
  const recover = failReads(given);
  const socket = await given.connect(bob.token);
  for (const n of upTo(2)) await given.direct(ada, bob, `m${n}`);
  await socket.ask({ type: 'session.resume', inbox: 0, channels: {} });
  recover();
  // On a slow machine the second attempt was made before chat answered again.
  await eventually(() => expect(given.calls.count('chat.channel.heads')).toBeGreaterThan(1));
  await given.direct(ada, bob, 'm3');
  await socket.waitFor((frame) => frame.text === 'm3');
  expect(socket.sequences()).toEqual([1, 2, 3]);
});

test('a client that resumed before the head was known receives what was lost before it was', async () => {
  await using given = await givenRealtime({ timings: { checkMinMs: 700, checkMaxMs: 700, missedMs: 20 } });
  const [ada, bob] = [await given.account('ada'), await given.account('bob')];
  const recover = failReads(given);
  const socket = await given.connect(bob.token);
  await socket.ask({ type: 'session.resume', inbox: 0, channels: {} });
  given.route.take = () => {};
  await given.direct(ada, bob, 'lost');
  recover();
  await socket.waitFor((frame) => frame.text === 'lost');
  expect(socket.sequences()).toEqual([1]);
});

test('a channel cannot be attached from now on while nobody can say where it stands', async () => {
  await using given = await givenRealtime();
  const ada = await given.account('ada');
  const room = await given.room(ada);
  for (const n of upTo(3)) await given.say(room, ada, `m${n}`);
  const socket = await given.connect(ada.token);
  const recover = failReads(given);
  const attach = { type: 'channel.attach', channelId: room };
  await expect(socket.ask(attach)).resolves.toMatchObject({ fault: 'unavailable', reason: 'head_unknown' });
  recover();
  await eventually(async () => expect(await socket.ask(attach)).toMatchObject({ resumed: { head: 3 } }));
});

test('a client that resumes its inbox late receives nothing twice from the gateway that began without it', async () => {
  await using given = await givenRealtime({ timings: { inboxWaitMs: 500 } });
  const [ada, bob] = [await given.account('ada'), await given.account('bob')];
  let release = (): void => {};
  const released = new Promise<void>((resolve) => (release = resolve));
  given.calls.take = async ({ name }, answer) => {
    if (name === 'chat.inbox.entries' && given.calls.count(name) === 1) await released;
    return answer();
  };
  const socket = await given.connect(bob.token);
  for (const n of upTo(3)) await given.direct(ada, bob, `m${n}`);
  await eventually(() => expect(given.calls.count('chat.inbox.entries')).toBe(1));
  await socket.ask({ type: 'session.resume', inbox: 0, channels: {} });
  release();
  await given.direct(ada, bob, 'm4');
  await socket.waitFor((frame) => frame.text === 'm4');
  expect(socket.sequences()).toEqual(upTo(4));
});
