import { randomUUID } from 'node:crypto';
import type { ChannelId, ConnectionId } from '@parley/contracts';
import { eventually } from '@parley/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Given, anAccount, givenChat, says } from './testing/fixtures.js';

let given: Given;
beforeAll(async () => {
  given = await givenChat();
});
afterAll(() => given[Symbol.asyncDispose]());

const publishedFor = (messageId: string, audience = 1) =>
  eventually(() => {
    const published = given.received.filter(({ event }) => event.message.id === messageId);
    expect(published).toHaveLength(audience);
    return published;
  });

test('a send for members only is refused to an account that may write to the room without being a member', async () => {
  const [ada, bob] = [await given.account('Ada'), await given.account('Bob')];
  const room = await given.topics.channel('room', [ada]);
  const input = { target: { channelId: room.id }, clientId: 'm1', content: says('members'), membersOnly: true };
  const refused = given.chat.message.send(input, { principal: bob });
  await expect(refused).rejects.toMatchObject({ code: 'forbidden', reason: 'not_member' });
  expect(await given.chat.message.send(input, { principal: ada })).toMatchObject({ message: { sequence: 1 } });
  const open = { ...input, membersOnly: false };
  expect(await given.chat.message.send(open, { principal: bob })).toMatchObject({ message: { sequence: 2 } });
});

test('a message into a room is committed, answered, and published once to the channel with its origin', async () => {
  const ada = await given.account('Ada');
  const room = await given.topics.channel('room');
  const origin = { connectionId: randomUUID() as ConnectionId };
  const raw = '{"type":"message","big":12345678901234567890,"one":1.0}';
  const answer = await given.chat.message.send(
    { target: { channelId: room.id }, clientId: 'c1', content: says('hallo ✓ 🙂'), raw, origin },
    { principal: ada },
  );
  expect(answer).toMatchObject({
    repeated: false,
    inbox: [],
    channel: { id: room.id, number: room.number, kind: 'room', title: room.title, membershipVersion: 1 },
    message: {
      channelId: room.id,
      sequence: 1,
      sender: { id: ada.accountId, number: ada.number, handle: ada.handle, name: 'Ada' },
      clientId: 'c1',
      content: says('hallo ✓ 🙂'),
      raw,
    },
  });
  const { messages } = await given.chat.message.list({ channelId: room.id }, { principal: ada });
  expect(messages).toEqual([answer.message]);
  const [published] = await publishedFor(answer.message.id);
  expect(published).toEqual({
    scopeKind: 'channel',
    event: {
      thread: null,
      name: 'message.created',
      realm: 'main',
      channel: answer.channel,
      message: answer.message,
      inbox: null,
      origin,
    },
  });
});

test('a direct message takes both inboxes and is published to each participant with its own position', async () => {
  const [ada, bob] = [await given.account('ada'), await given.account('bob')];
  const send = (from = ada, to = bob) =>
    given.chat.message.send(
      { target: { directWith: to.accountId }, clientId: randomUUID(), content: says('psst') },
      { principal: from },
    );
  const first = await send();
  const second = await send(bob, ada);
  expect(second.channel.id).toBe(first.channel.id);
  const places = (sequence: number) =>
    [ada, bob].map(({ accountId }) => ({ accountId, sequence })).sort((a, b) => (a.accountId < b.accountId ? -1 : 1));
  expect(first.inbox).toEqual(places(1));
  expect(second.inbox).toEqual(places(2));
  const published = await publishedFor(second.message.id, 2);
  expect(published.map(({ scopeKind }) => scopeKind)).toEqual(['account', 'account']);
  expect(published.map(({ event }) => event.inbox)).toEqual(expect.arrayContaining(second.inbox));
});

test('a direct message to oneself takes one inbox, once', async () => {
  const ada = await given.account();
  const input = { target: { directWith: ada.accountId }, clientId: 'note', content: says('milk') };
  const { inbox, message } = await given.chat.message.send(input, { principal: ada });
  expect(inbox).toEqual([{ accountId: ada.accountId, sequence: 1 }]);
  await publishedFor(message.id, 1);
});

test('a repeat gives back what was stored, is published again, and keeps the first text', async () => {
  const [ada, bob] = [await given.account('ada'), await given.account('bob')];
  const send = (text: string) =>
    given.chat.message.send(
      { target: { directWith: bob.accountId }, clientId: 'same', content: says(text), raw: text },
      { principal: { ...ada, name: text } },
    );
  const first = await send('first');
  const again = await send('second');
  expect(again).toEqual({ ...first, repeated: true });
  await publishedFor(first.message.id, 4);
});

test('ciphertext is kept as it is in a direct channel and refused elsewhere', async () => {
  const [ada, bob] = [await given.account('ada'), await given.account('bob')];
  const content = {
    type: 'encrypted' as const,
    mediaType: 'text/plain',
    byReader: { [ada.accountId]: 'AAAA', [bob.accountId]: 'BBBB' },
  };
  const { message } = await given.chat.message.send(
    { target: { directWith: bob.accountId }, clientId: 'x', content },
    { principal: ada },
  );
  expect(message.content).toEqual(content);
  const room = await given.topics.channel('room');
  await expect(
    given.chat.message.send({ target: { channelId: room.id }, clientId: 'x', content }, { principal: ada }),
  ).rejects.toMatchObject({ code: 'invalid', reason: 'not_direct' });
});

test('senders are kept apart: the same client id from two accounts is two messages', async () => {
  const room = await given.topics.channel('room');
  const input = { target: { channelId: room.id }, clientId: '1', content: says('1') };
  const [a, b] = await Promise.all(
    [anAccount(), anAccount()].map((principal) => given.chat.message.send(input, { principal })),
  );
  expect([a?.message.sequence, b?.message.sequence].sort()).toEqual([1, 2]);
});

test('what cannot be kept is refused and stores nothing', async () => {
  const ada = await given.account();
  const room = await given.topics.channel('room');
  const good = { target: { channelId: room.id }, clientId: 'c', content: says('x') };
  const bad = [
    { ...good, content: says('a\0b') },
    { ...good, content: says('\ud800') },
    { ...good, content: says('x'.repeat(16_385)) },
    { ...good, raw: 'a\0b' },
    { ...good, clientId: '' },
    { ...good, clientId: 'a\0' },
    { ...good, target: { channelId: 'not-an-id' as ChannelId } },
  ];
  for (const input of bad) {
    await expect(given.chat.message.send(input, { principal: ada })).rejects.toMatchObject({ code: 'invalid' });
  }
  const { messages, head } = await given.chat.message.list({ channelId: room.id }, { principal: ada });
  expect([messages, head]).toEqual([[], 0]);
});

test('a message that would not fit into a page is refused', async () => {
  const [ada, bob] = [await given.account('ada'), await given.account('bob')];
  const byReader = { [ada.accountId]: '\u0001'.repeat(65_536), [bob.accountId]: '\u0001'.repeat(55_000) };
  await expect(
    given.chat.message.send(
      {
        target: { directWith: bob.accountId },
        clientId: 'big',
        content: { type: 'encrypted', mediaType: '', byReader },
      },
      { principal: ada },
    ),
  ).rejects.toMatchObject({ code: 'invalid', reason: 'message_too_large' });
});

test('who may not write does not, and another realm’s channel is not there', async () => {
  const [ada, eve] = [await given.account('ada'), await given.account('eve')];
  const group = await given.topics.channel('group', [ada]);
  const topic = await given.topics.channel('topic', [ada]);
  const foreign = await given.topics.channel('room', [], 'rooms');
  const send = (channelId: ChannelId, principal: Parameters<typeof given.chat.message.send>[1]['principal']) =>
    given.chat.message.send({ target: { channelId }, clientId: 'c', content: says('x') }, { principal });
  await expect(send(group.id, eve)).rejects.toMatchObject({ code: 'forbidden', reason: 'not_member' });
  await expect(send(topic.id, eve)).rejects.toMatchObject({ code: 'forbidden', reason: 'not_member' });
  await expect(send(foreign.id, ada)).rejects.toMatchObject({ code: 'not_found' });
  await expect(send(randomUUID() as ChannelId, ada)).rejects.toMatchObject({ code: 'not_found' });
  const anonymous = { kind: 'anonymous', realm: 'main', dialect: 'v1' } as const;
  await expect(send(group.id, anonymous)).rejects.toMatchObject({ code: 'unauthenticated' });
  await expect(send(group.id, given.system.principal)).rejects.toMatchObject({ code: 'forbidden' });
});
