import { randomUUID } from 'node:crypto';
import type { AccountPrincipal, ChannelId, Message } from '@parley/contracts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Given, givenChat, says } from './testing/fixtures.js';

let given: Given;
beforeAll(async () => {
  given = await givenChat();
});
afterAll(() => given[Symbol.asyncDispose]());

const as = (principal: AccountPrincipal) => ({ principal });

const send = async (by: AccountPrincipal, channelId: ChannelId, text: string): Promise<Message> =>
  (await given.chat.message.send({ target: { channelId }, clientId: randomUUID(), content: says(text) }, as(by)))
    .message;

const mentionsOf = async (by: AccountPrincipal, page: object = {}) =>
  (await given.chat.message.mentions(page, as(by))).messages.map(({ id }) => id);
const unreadMentions = async (by: AccountPrincipal, channelId: ChannelId) =>
  (await given.chat.channel.summaries({ channelIds: [channelId] }, as(by)))[0]?.mentions;

test('names of accounts that may read the channel are mentions, whatever their case; others are text', async () => {
  const [ada, bob, eve] = [await given.person('ada.l'), await given.person('Bob'), await given.person('eve')];
  const { id: channelId } = await given.topics.channel('group', [ada, bob]);
  const message = await send(ada, channelId, 'ask @bob, @eve or me@ada.l; @BOB. @nobody @channel');
  expect(message.mentions).toEqual({ accountIds: [bob.accountId], channel: false });
  expect([await mentionsOf(bob), await mentionsOf(eve)]).toEqual([[message.id], []]);
  expect((await send(bob, channelId, 'and @ada.l.')).mentions.accountIds).toEqual([ada.accountId]);
  expect(await unreadMentions(ada, channelId)).toBe(1);
  await given.chat.receipt.record({ channelId, read: 2 }, as(ada));
  expect(await unreadMentions(ada, channelId)).toBe(0);
  const room = (await given.topics.channel('room')).id;
  expect((await send(ada, room, '@eve')).mentions.accountIds).toEqual([eve.accountId]);
  const direct = await given.chat.message.send(
    { target: { directWith: bob.accountId }, clientId: 'm', content: says('@bob @eve') },
    as(ada),
  );
  expect(direct.message.mentions.accountIds).toEqual([bob.accountId]);
});

test('a moderator mentions the channel, and everybody who has been there finds it', async () => {
  const [ada, bob] = [await given.account('ada'), await given.account('ben')];
  const { id: channelId } = await given.topics.channel('group', [ada, bob]);
  await send(bob, channelId, 'hello');
  await given.topics.setRole(channelId, ada.accountId, 'admin');
  const message = await send(ada, channelId, 'to all: @channel');
  expect(message.mentions).toEqual({ accountIds: [], channel: true });
  expect(await unreadMentions(bob, channelId)).toBe(1);
  expect(await mentionsOf(bob)).toEqual([message.id]);
  expect(await mentionsOf(bob, { channelId })).toEqual([message.id]);
  await given.chat.message.delete({ messageId: message.id, clientId: 'd' }, as(ada));
  expect([await mentionsOf(bob), await unreadMentions(bob, channelId)]).toEqual([[], 0]);
});

test('a reply that only its thread shows mentions, but is not among the unread messages of the channel', async () => {
  const [ada, bob] = [await given.person('ada.thread'), await given.person('bob.thread')];
  const { id: channelId } = await given.topics.channel('group', [ada, bob]);
  const root = await send(ada, channelId, 'hello');
  const reply = async (alsoInChannel: boolean): Promise<Message> => {
    const content = says('@bob.thread');
    const input = { target: { channelId }, clientId: randomUUID(), content, threadRoot: root.id, alsoInChannel };
    return (await given.chat.message.send(input, as(ada))).message;
  };
  const hidden = await reply(false);
  expect(hidden.mentions.accountIds).toEqual([bob.accountId]);
  expect([await mentionsOf(bob), await unreadMentions(bob, channelId)]).toEqual([[hidden.id], 0]);
  const shown = await reply(true);
  expect([await mentionsOf(bob), await unreadMentions(bob, channelId)]).toEqual([[shown.id, hidden.id], 1]);
});

test('an edit changes whom a message mentions', async () => {
  const [ada, bob, eve] = [await given.person('ada2'), await given.person('bob2'), await given.person('eve2')];
  const { id: channelId } = await given.topics.channel('room');
  const message = await send(ada, channelId, '@bob2');
  const { entry } = await given.chat.message.edit(
    { messageId: message.id, clientId: 'e', content: says('@eve2') },
    as(ada),
  );
  expect(entry).toMatchObject({ mentions: { accountIds: [eve.accountId] } });
  expect([await mentionsOf(bob), await mentionsOf(eve)]).toEqual([[], [message.id]]);
});

test('mentions are paged over all channels, newest first, without those that can no longer be read', async () => {
  const [ada, bob] = [await given.person('ada3'), await given.person('bob3')];
  const channels = (await given.topics.channels(3, 'group', [ada, bob])).map(({ id }) => id);
  const sent: Message[] = [];
  for (let n = 0; n < 9; n += 1) sent.push(await send(ada, channels[n % 3]!, `${n} @bob3`));
  const { messages, next } = await given.chat.message.mentions({ limit: 4 }, as(bob));
  expect(messages.map(({ id }) => id)).toEqual(
    sent
      .slice(5)
      .toReversed()
      .map(({ id }) => id),
  );
  await given.topics.remove(channels[0]!, bob.accountId);
  const rest = await given.chat.message.mentions({ limit: 100, before: next ?? 0 }, as(bob));
  const readable = sent.slice(0, 5).filter((_message, n) => n % 3 !== 0);
  expect([rest.messages.map(({ id }) => id), rest.next]).toEqual([readable.toReversed().map(({ id }) => id), null]);
});
