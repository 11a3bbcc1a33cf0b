import { eventually, fakeClock } from '@parley/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Given, givenChat, says } from './testing/fixtures.js';

let given: Given;
beforeAll(async () => {
  given = await givenChat({ replicas: 2 });
});
afterAll(() => given[Symbol.asyncDispose]());

let turn = 0;

test('a removed member neither writes nor reads once any replica has received the event', async () => {
  const [ada, bob] = [await given.account('ada'), await given.account('bob')];
  const { id: channelId, membershipVersion } = await given.topics.channel('group', [ada, bob]);
  const write = (principal = ada) =>
    given.chat.message.send({ target: { channelId }, clientId: `${(turn += 1)}`, content: says('hi') }, { principal });
  const read = () => given.chat.message.list({ channelId }, { principal: ada });
  await Promise.all([write(), write(), read(), read(), write(bob), write(bob)]);
  await given.topics.remove(channelId, ada.accountId);
  // Events arrive in the order in which they were published, so once this one is here the removal was before it.
  const before = given.received.length;
  await write(bob);
  await eventually(() => given.received.length > before);
  for (let replica = 0; replica < 2; replica += 1) {
    await expect(write()).rejects.toMatchObject({ code: 'forbidden', reason: 'not_member' });
    await expect(read()).rejects.toMatchObject({ code: 'forbidden', reason: 'not_member' });
  }
  const { channel } = await write(bob);
  expect(channel.membershipVersion).toBe(membershipVersion + 1);
});

test('when the event was lost, a removed member writes for ten seconds at most', async () => {
  const clock = fakeClock();
  await using given = await givenChat({ clock: clock.now });
  const ada = await given.account();
  const { id: channelId } = await given.topics.channel('group', [ada]);
  const write = () =>
    given.chat.message.send(
      { target: { channelId }, clientId: `${(turn += 1)}`, content: says('hi') },
      { principal: ada },
    );
  await write();
  await given.topics.remove(channelId, ada.accountId, { isPublished: false });
  await write();
  expect(given.topics.asked).toBe(1);
  clock.advance(10_001);
  await expect(write()).rejects.toMatchObject({ code: 'forbidden', reason: 'not_member' });
});

test('nobody writes into a closed channel, and its history stays readable', async () => {
  const ada = await given.account();
  const { id: channelId } = await given.topics.channel('group', [ada]);
  const write = () =>
    given.chat.message.send(
      { target: { channelId }, clientId: `${(turn += 1)}`, content: says('hi') },
      { principal: ada },
    );
  await write();
  await given.topics.close(channelId);
  await eventually(() => expect(write()).rejects.toMatchObject({ code: 'forbidden', reason: 'closed' }));
  const { messages } = await given.chat.message.list({ channelId }, { principal: ada });
  expect(messages.length).toBeGreaterThan(0);
});
