// Where a timeline jumps to, against a real gateway: a time, and the first message that was not read.
import type { ParleyClient, Timeline, Tokens } from '@parley/client';
import { eventually } from '@parley/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Settled, startWith } from '../options/platform.js';
import { clientsOf, newAccount } from './clients.js';

const count = 150;
/** A page of a timeline. */
const pageSize = 50;

let parley: Settled;
beforeAll(async () => {
  parley = await startWith();
});
afterAll(() => parley.stop());
const clientOf = clientsOf(() => parley.url);

/** Sequences: the channel has nothing but messages. */
const numbers = (timeline: Timeline): number[] => timeline.items.map(({ sequence }) => sequence ?? NaN);
const upFrom = (first: number, length: number): number[] => Array.from({ length }, (_, n) => first + n);

/** A group with the messages 1 to 150, of which its second member has read none. */
const setup = async () => {
  const [owner, member] = [await newAccount(parley.url), await newAccount(parley.url)];
  const connected = async (tokens: Tokens): Promise<ParleyClient> => {
    const { client } = clientOf({ tokens });
    await client.connect();
    return client;
  };
  const [ada, bob] = [await connected(owner.grant), await connected(member.grant)];
  const { id } = await ada.rest.createChannel({ kind: 'group', title: 'Two' });
  await ada.rest.putMember(id, bob.accountId ?? '');
  // A few at once: the platform of the tests gives a send half a second.
  for (let n = 1; n <= count; n += 10) await Promise.all(upFrom(n, 10).map((each) => ada.send(id, `${each}`)));
  return { ada, bob, id, bobsPhone: async () => connected(await member.again()) };
};

test('a timeline jumps to a time, and goes on from there in both directions', async () => {
  const { bob, id } = await setup();
  const { messages: all } = await bob.rest.history(id, { limit: 200 });
  const target = all[74];
  const { messages } = bob.channel(id);
  await messages.jumpTo({ time: target?.sentAt ?? '' });
  expect(messages.items.map((item) => item.id)).toContain(target?.id);
  const [first = 0] = numbers(messages);
  expect(numbers(messages)).toEqual(upFrom(first, messages.items.length));
  expect(messages.items.length).toBeLessThanOrEqual(pageSize + 1);
  expect([messages.hasBefore, messages.hasAfter, messages.isLive]).toEqual([true, true, false]);
  await messages.loadBefore(10);
  await messages.loadAfter(10);
  expect(numbers(messages)[0]).toBe(first - 10);
  expect(numbers(messages)).toEqual(upFrom(first - 10, messages.items.length));
});

test('a time before the first message shows the beginning, and one after the last the end', async () => {
  const { bob, id } = await setup();
  const { messages } = bob.channel(id);
  await messages.jumpTo({ time: '2001-01-01T00:00:00.000Z' });
  expect(numbers(messages)[0]).toBe(1);
  expect([messages.hasBefore, messages.hasAfter]).toEqual([false, true]);
  await messages.jumpTo({ time: '2999-01-01T00:00:00.000Z' });
  expect(numbers(messages).at(-1)).toBe(count);
  expect([messages.hasBefore, messages.hasAfter]).toEqual([true, false]);
});

test('a channel that was not read jumps to the first unread message', async () => {
  const { bob, id } = await setup();
  await bob.markRead(id, 60);
  const channel = bob.channel(id);
  await channel.messages.jumpTo('firstUnread');
  expect(channel.unread.value).toMatchObject({ count: count - 60, read: 60 });
  expect(numbers(channel.messages)).toEqual(expect.arrayContaining([60, 61]));
  expect([channel.messages.hasBefore, channel.messages.hasAfter]).toEqual([true, true]);
});

test('the first unread message is where another device has stopped to read', async () => {
  const { bob, id, bobsPhone } = await setup();
  const channel = bob.channel(id);
  channel.messages.subscribe(() => {});
  await eventually(() => channel.messages.isLive);
  const phone = await bobsPhone();
  await phone.markRead(id, 30);
  await expect.poll(() => channel.unread.value.read, { timeout: 15_000 }).toBe(30);
  await channel.messages.jumpTo('firstUnread');
  expect(numbers(channel.messages)).toEqual(expect.arrayContaining([30, 31]));
  expect(channel.messages.hasAfter).toBe(true);
});

test('where everything is read, the first unread message is the end', async () => {
  const { ada, bob, id } = await setup();
  await bob.markRead(id, count);
  const { messages } = bob.channel(id);
  messages.subscribe(() => {});
  await messages.jumpTo('firstUnread');
  expect(numbers(messages).at(-1)).toBe(count);
  expect(messages.hasAfter).toBe(false);
  await ada.send(id, `${count + 1}`);
  await expect.poll(() => numbers(messages).at(-1), { timeout: 15_000 }).toBe(count + 1);
});

test('a channel that is read in parts counts what is left, and its position never goes back', async () => {
  const { bob, id, bobsPhone } = await setup();
  const channel = bob.channel(id);
  const reads: number[] = [];
  channel.unread.subscribe(({ read }) => reads.push(read));
  await channel.messages.jumpTo('firstUnread');
  expect(numbers(channel.messages)[0]).toBe(1);
  for (const sequence of [20, 25, 90]) {
    const stored = channel.markRead(sequence);
    expect(channel.unread.value.read).toBe(sequence);
    if (sequence !== 20) await stored;
  }
  await expect
    .poll(() => channel.unread.value, { timeout: 15_000 })
    .toEqual({ count: count - 90, mentions: 0, read: 90 });
  expect(reads).toEqual(reads.toSorted((a, b) => a - b));
  const phone = (await bobsPhone()).channel(id);
  await phone.messages.jumpTo('firstUnread');
  expect(phone.unread.value).toEqual({ count: count - 90, mentions: 0, read: 90 });
  await channel.markRead();
  expect(channel.unread.value).toEqual({ count: 0, mentions: 0, read: count });
  // What is read on the one is read on the other, which then opens at the end.
  await expect.poll(() => phone.unread.value.count, { timeout: 15_000 }).toBe(0);
  await phone.messages.jumpTo('firstUnread');
  expect([numbers(phone.messages).length, phone.messages.isLive]).toEqual([pageSize, true]);
});
