import { expect, test } from 'vitest';
import { eventually } from '@parley/testing';
import { givenRealtime, upTo } from '../testing/fixtures.js';

// A stream's head may be unknown for a while (chat does not answer), and pages may arrive late.

test('who resumed before the head was known receives nothing twice when it is', async () => {
  await using given = await givenRealtime();
  const [ada, bob] = [given.principals.account('ada'), given.principals.account('bob')];
  given.stubs.state.chatDown = true;
  const socket = await given.connect(bob.token);
  for (const n of upTo(2)) given.stubs.direct(ada.id, bob.id, `m${n}`);
  await socket.ask({ type: 'session.resume', inbox: 0, channels: {} });
  given.stubs.state.chatDown = false;
  const asked = given.stubs.calls('channel.heads');
  await eventually(() => expect(given.stubs.calls('channel.heads')).toBeGreaterThan(asked));
  given.stubs.direct(ada.id, bob.id, 'm3');
  await socket.waitFor((frame) => frame.text === 'm3');
  expect(socket.sequences()).toEqual([1, 2, 3]);
});

test('a client that resumed before the head was known receives what was lost before it was', async () => {
  await using given = await givenRealtime({ timings: { checkMinMs: 700, checkMaxMs: 700, missedMs: 20 } });
  const [ada, bob] = [given.principals.account('ada'), given.principals.account('bob')];
  given.stubs.state.chatDown = true;
  const socket = await given.connect(bob.token);
  await socket.ask({ type: 'session.resume', inbox: 0, channels: {} });
  given.route.take = () => {};
  given.stubs.direct(ada.id, bob.id, 'lost');
  given.stubs.state.chatDown = false;
  await socket.waitFor((frame) => frame.text === 'lost');
  expect(socket.sequences()).toEqual([1]);
});

test('a channel cannot be attached from now on while nobody can say where it stands', async () => {
  await using given = await givenRealtime();
  const ada = given.principals.account('ada');
  const room = given.stubs.room(ada.id);
  for (const n of upTo(3)) given.stubs.say(room, ada.id, `m${n}`);
  const socket = await given.connect(ada.token);
  given.stubs.state.chatDown = true;
  const attach = { type: 'channel.attach', channelId: room };
  await expect(socket.ask(attach)).resolves.toMatchObject({ fault: 'unavailable', reason: 'head_unknown' });
  given.stubs.state.chatDown = false;
  await eventually(async () => expect(await socket.ask(attach)).toMatchObject({ resumed: { head: 3 } }));
});

test('a client that resumes its inbox late receives nothing twice from the gateway that began without it', async () => {
  await using given = await givenRealtime({ timings: { inboxWaitMs: 500 } });
  const [ada, bob] = [given.principals.account('ada'), given.principals.account('bob')];
  let release = (): void => {};
  given.stubs.state.beforeInboxPage = () =>
    new Promise((resolve) => {
      given.stubs.state.beforeInboxPage = null;
      release = resolve;
    });
  const socket = await given.connect(bob.token);
  for (const n of upTo(3)) given.stubs.direct(ada.id, bob.id, `m${n}`);
  await eventually(() => expect(given.stubs.calls('inbox.entries')).toBe(1));
  await socket.ask({ type: 'session.resume', inbox: 0, channels: {} });
  release();
  given.stubs.direct(ada.id, bob.id, 'm4');
  await socket.waitFor((frame) => frame.text === 'm4');
  expect(socket.sequences()).toEqual(upTo(4));
});
