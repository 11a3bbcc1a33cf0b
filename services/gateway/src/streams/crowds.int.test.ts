// Many accounts that come at once: few questions, and each of them answered as if it had come alone.
import { expect, test } from 'vitest';
import { upTo } from '../testing/fixtures.js';
import { withServices } from '../testing/services.js';

const givenRealtime = withServices();

test('a crowd that attaches to a channel shares questions, and who may not read it is refused', async () => {
  await using given = await givenRealtime();
  const members = await given.accounts(30, 'member');
  const strangers = await given.accounts(3, 'stranger');
  const room = await given.room(members[0] ?? fail(), ...members.slice(1));
  const questions = () =>
    given.calls.count('topics.member.authorize') + given.calls.count('topics.member.filterReaders');
  const sockets = await Promise.all([...members, ...strangers].map(({ token }) => given.connect(token)));
  const attach = { type: 'channel.attach', channelId: room };
  await sockets[0]?.ask(attach);
  const before = questions();
  const answers = await Promise.all(sockets.slice(1).map((socket) => socket.ask(attach)));
  expect(answers.filter(({ fault }) => fault === undefined)).toHaveLength(members.length - 1);
  expect(answers.slice(-strangers.length).map(({ fault }) => fault)).toEqual(strangers.map(() => 'forbidden'));
  // The strangers are asked about once more, for the reason.
  expect(questions() - before).toBeLessThan(members.length / 2);
  await given.say(room, members[0] ?? fail(), 'for members');
  for (const socket of sockets.slice(0, members.length)) await socket.waitFor(({ text }) => text === 'for members');
  for (const socket of sockets.slice(-strangers.length)) expect(socket.sequences()).toEqual([]);
});

test('a crowd that resumes a channel from one place shares reads, and each receives what it missed once and in order', async () => {
  await using given = await givenRealtime();
  const members = await given.accounts(30, 'member');
  const room = await given.room(members[0] ?? fail(), ...members.slice(1));
  for (const n of upTo(8)) await given.say(room, members[0] ?? fail(), `m${n}`);
  const sockets = await Promise.all(members.map(({ token }) => given.connect(token)));
  const before = given.calls.count('chat.channel.entries');
  // The last one has missed more.
  const after = (index: number) => (index === sockets.length - 1 ? 1 : 3);
  await Promise.all(
    sockets.map((socket, index) => socket.ask({ type: 'channel.attach', channelId: room, after: after(index) })),
  );
  sockets.forEach((socket, index) => {
    expect(socket.sequences()).toEqual(upTo(8).filter((sequence) => sequence > after(index)));
  });
  expect(given.calls.count('chat.channel.entries') - before).toBeLessThan(members.length / 2);
});

test('who resumes a channel soon after others needs no read, and receives what was sent meanwhile once and in order', async () => {
  await using given = await givenRealtime({ timings: { recentMs: 60_000 } });
  const members = await given.accounts(20, 'member');
  const sender = members[0] ?? fail();
  const room = await given.room(sender, ...members.slice(1));
  for (const n of upTo(8)) await given.say(room, sender, `m${n}`);
  const before = given.calls.count('chat.channel.entries');
  let sent = 8;
  for (const [index, { token }] of members.entries()) {
    const socket = await given.connect(token);
    const after = 3 + (index % 4);
    const missed = sent - after;
    const answer = await socket.ask({ type: 'channel.attach', channelId: room, after });
    expect(answer).toMatchObject({ resumed: { outcome: 'replayed', count: missed, head: sent } });
    sent += 1;
    await given.say(room, sender, `m${sent}`);
    await socket.waitFor(({ text }) => text === `m${sent}`);
    expect(socket.sequences(room)).toEqual(upTo(sent).slice(after));
  }
  expect(given.calls.count('chat.channel.entries') - before).toBe(1);
});

test('a change of a message is read by who resumes after it', async () => {
  await using given = await givenRealtime({ timings: { recentMs: 60_000 } });
  const [ada, bob, eve] = await given.accounts(3, 'member');
  if (!ada || !bob || !eve) return fail();
  const room = await given.room(ada, bob, eve);
  const message = await given.say(room, ada, 'm1');
  const resume = async (token: string) => {
    const socket = await given.connect(token);
    await socket.ask({ type: 'channel.attach', channelId: room, after: 0 });
    return socket;
  };
  const first = await resume(ada.token);
  const before = given.calls.count('chat.channel.entries');
  await resume(bob.token);
  expect(given.calls.count('chat.channel.entries')).toBe(before);
  await given.react(message, ada);
  await first.waitFor(({ event }) => event === 'reaction.added');
  const late = await resume(eve.token);
  expect(given.calls.count('chat.channel.entries')).toBe(before + 1);
  expect(late.frames.filter(({ event }) => event === 'reaction.added')).toHaveLength(1);
});

test('recent entries are not used for longer than they may be', async () => {
  await using given = await givenRealtime({ timings: { recentMs: 0 } });
  const [ada, bob] = await given.accounts(2, 'member');
  if (!ada || !bob) return fail();
  const room = await given.room(ada, bob);
  await given.say(room, ada, 'm1');
  for (const { token } of [ada, bob]) {
    const socket = await given.connect(token);
    await socket.ask({ type: 'channel.attach', channelId: room, after: 0 });
    expect(socket.sequences(room)).toEqual([1]);
  }
  expect(given.calls.count('chat.channel.entries')).toBe(2);
});

test('who was removed while a crowd attaches is refused, and receives nothing', async () => {
  await using given = await givenRealtime();
  const accounts = await given.accounts(20, 'member');
  const room = await given.room(accounts[0] ?? fail(), ...accounts.slice(1));
  const sockets = await Promise.all(accounts.map(({ token }) => given.connect(token)));
  const attach = { type: 'channel.attach', channelId: room };
  await sockets[0]?.ask(attach);
  const asking = sockets.slice(1).map((socket) => socket.ask(attach));
  const removed = accounts.slice(10);
  await Promise.all(removed.map((member) => given.remove(room, member)));
  await Promise.all(asking);
  await given.say(room, accounts[0] ?? fail(), 'for members');
  for (const socket of sockets.slice(0, 10)) await socket.waitFor(({ text }) => text === 'for members');
  for (const socket of sockets.slice(10)) expect(socket.frames.some(({ text }) => text === 'for members')).toBe(false);
});

const fail = (): never => {
  throw new Error('There is a first member');
};
