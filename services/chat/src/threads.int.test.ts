import { randomUUID } from 'node:crypto';
import type { AccountPrincipal, ChannelId, Message, MessageId } from '@parley/contracts';
import { eventually } from '@parley/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Given, anAccount, givenChat, says } from './testing/fixtures.js';

let given: Given;
beforeAll(async () => {
  given = await givenChat();
});
afterAll(() => given[Symbol.asyncDispose]());

const [ada, bob] = [anAccount('ada'), anAccount('bob')];
const as = (principal: AccountPrincipal) => ({ principal });

const send = (channelId: ChannelId, text: string, more: object = {}, by = ada) =>
  given.chat.message.send({ target: { channelId }, clientId: randomUUID(), content: says(text), ...more }, as(by));

const aRoom = async (): Promise<ChannelId> => (await given.topics.channel('room')).id;
const sequencesOf = (messages: readonly Message[]) => messages.map(({ sequence }) => sequence);
const thread = (rootId: MessageId, page: object = {}, by = ada) =>
  given.chat.message.thread({ rootId, ...page }, as(by));
const summaryOf = async (channelId: ChannelId, by: AccountPrincipal) =>
  (await given.chat.channel.summaries({ channelIds: [channelId] }, as(by)))[0]!;

test('a reply in a thread is an entry of the channel, but neither in its page nor unread there', async () => {
  const channelId = await aRoom();
  const { message: root } = await send(channelId, 'root');
  const hidden = await send(channelId, 'hidden', { threadRoot: root.id }, bob);
  expect(hidden.thread).toEqual({ rootId: root.id, replyCount: 1, lastReplyAt: hidden.message.sentAt });
  expect(hidden.message).toMatchObject({ threadRoot: root.id, inChannel: false, sequence: 2 });
  const shown = await send(channelId, 'shown', { threadRoot: root.id, alsoInChannel: true }, bob);
  const nested = await send(channelId, 'nested', { threadRoot: hidden.message.id, replyTo: hidden.message.id }, bob);
  expect(nested.message).toMatchObject({ threadRoot: root.id, replyTo: hidden.message.id });
  expect(nested.thread).toMatchObject({ rootId: root.id, replyCount: 3 });

  const page = await given.chat.message.list({ channelId }, as(ada));
  expect(sequencesOf(page.messages)).toEqual([1, 3]);
  expect(page.messages[0]).toMatchObject({ replyCount: 3, lastReplyAt: nested.message.sentAt });
  expect(await summaryOf(channelId, ada)).toMatchObject({ unread: 1, last: { id: shown.message.id }, head: 4 });
  expect(await summaryOf(channelId, anAccount('eve'))).toMatchObject({ unread: 2 });

  const { root: shownRoot, messages, unread, read } = await thread(root.id);
  expect([shownRoot, sequencesOf(messages), unread, read]).toEqual([page.messages[0], [2, 3, 4], 3, 0]);
  const { entries } = await given.chat.channel.entries({ channelId, after: 1 }, as(ada));
  expect(entries.map((entry) => entry.kind === 'message.created' && entry.thread?.replyCount)).toEqual([3, 3, 3]);
  const published = () => given.received.filter(({ event }) => event.channel.id === channelId);
  await eventually(() => expect(published()).toHaveLength(4));
  expect(published().map(({ event }) => event.thread?.replyCount ?? null)).toEqual([null, 1, 2, 3]);
});

test('a thread is paged like a channel, and its position moves with own replies', async () => {
  const channelId = await aRoom();
  const { message: root } = await send(channelId, 'root');
  const replies: Message[] = [];
  for (let n = 0; n < 6; n += 1) {
    await send(channelId, 'between');
    replies.push((await send(channelId, `${n}`, { threadRoot: root.id }, bob)).message);
  }
  const sequences = sequencesOf(replies);
  const forwards = await thread(root.id, { after: 0, limit: 4 });
  expect([sequencesOf(forwards.messages), forwards.more]).toEqual([sequences.slice(0, 4), true]);
  const around = await thread(root.id, { around: sequences[3], limit: 3 });
  expect([sequencesOf(around.messages), around.moreBefore, around.moreAfter]).toEqual([
    sequences.slice(2, 5),
    true,
    true,
  ]);
  expect(await thread(root.id, {}, bob)).toMatchObject({ unread: 0, read: sequences[5] });
  const record = (sequence: number) => given.chat.receipt.recordThread({ rootId: root.id, sequence }, as(ada));
  expect(await record(sequences[1]!)).toEqual({ sequence: sequences[1], unread: 4 });
  expect(await record(1)).toEqual({ sequence: sequences[1], unread: 4 });
  expect(await record(99)).toEqual({ sequence: sequences[5], unread: 0 });
  await expect(thread(replies[0]!.id)).rejects.toMatchObject({ code: 'not_found', reason: 'message_not_found' });
});

test('a deleted reply is no longer counted, and its thread says when the last one was sent', async () => {
  const channelId = await aRoom();
  const { message: root } = await send(channelId, 'root');
  const first = await send(channelId, '1', { threadRoot: root.id });
  const second = await send(channelId, '2', { threadRoot: root.id });
  const remove = (messageId: MessageId) => given.chat.message.delete({ messageId, clientId: randomUUID() }, as(ada));
  const { entry } = await remove(second.message.id);
  const left = { rootId: root.id, replyCount: 1, lastReplyAt: first.message.sentAt };
  expect(entry).toMatchObject({ kind: 'message.deleted', thread: left });
  expect((await remove(first.message.id)).entry).toMatchObject({ thread: { replyCount: 0, lastReplyAt: null } });
  const third = await send(channelId, '3', { threadRoot: root.id });
  expect(third.thread).toMatchObject({ replyCount: 1 });
  expect(await thread(root.id, {}, bob)).toMatchObject({ unread: 3, messages: [{}, {}, { content: says('3') }] });
});

test('replies to one thread at once are counted once each', async () => {
  const channelId = await aRoom();
  const { message: root } = await send(channelId, 'root');
  const replies = await Promise.all(Array.from({ length: 40 }, () => send(channelId, 'x', { threadRoot: root.id })));
  const counts = replies.map((reply) => reply.thread?.replyCount ?? 0);
  expect(counts.sort((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, n) => n + 1));
  const repeated = replies[0]!.message;
  const again = await given.chat.message.send(
    { target: { channelId }, clientId: repeated.clientId ?? '', content: says('x'), threadRoot: root.id },
    as(ada),
  );
  expect(again).toMatchObject({ repeated: true, message: repeated, thread: { replyCount: 40 } });
  expect((await thread(root.id)).root.replyCount).toBe(40);
});

test('a message answers or continues only messages of its channel', async () => {
  const [channelId, other] = [await aRoom(), await aRoom()];
  const { message } = await send(other, 'elsewhere');
  const missing = { code: 'not_found', reason: 'message_not_found' };
  await expect(send(channelId, 'x', { replyTo: message.id })).rejects.toMatchObject(missing);
  await expect(send(channelId, 'x', { threadRoot: message.id })).rejects.toMatchObject(missing);
  await expect(send(channelId, 'x', { replyTo: randomUUID() })).rejects.toMatchObject(missing);
});

test('a page is found around a sequence and around a time', async () => {
  const channelId = await aRoom();
  const messages: Message[] = [];
  for (let n = 0; n < 9; n += 1) messages.push((await send(channelId, `${n}`)).message);
  await given.database.knex.raw(
    "update chat.entries set sent_at = '2026-01-01T00:00:00Z'::timestamptz + sequence * interval '1 hour' where channel_id = ?",
    [channelId],
  );
  const list = (page: object) => given.chat.message.list({ channelId, limit: 4, ...page }, as(ada));
  const seen = async (page: object) => {
    const { messages: found, moreBefore, moreAfter, head } = await list(page);
    return [sequencesOf(found), moreBefore, moreAfter, head];
  };
  expect(await seen({ around: 5 })).toEqual([[3, 4, 5, 6], true, true, 9]);
  expect(await seen({ around: 1 })).toEqual([[1, 2], false, true, 9]);
  expect(await seen({ around: 99 })).toEqual([[8, 9], true, false, 9]);
  expect(await seen({ aroundTime: '2026-01-01T05:00:00.000Z' })).toEqual([[3, 4, 5, 6], true, true, 9]);
  expect(await seen({ aroundTime: '2026-01-01T05:30:00.000Z' })).toEqual([[4, 5, 6, 7], true, true, 9]);
  expect(await seen({ aroundTime: '2025-01-01T00:00:00.000Z' })).toEqual([[1, 2], false, true, 9]);
  expect(await seen({ aroundTime: '2027-01-01T00:00:00.000Z' })).toEqual([[8, 9], true, false, 9]);
  expect(await seen({ after: 4 })).toEqual([[5, 6, 7, 8], true, true, 9]);
  expect(await seen({ before: 3 })).toEqual([[1, 2], false, true, 9]);
  await expect(list({ around: 3, after: 1 })).rejects.toMatchObject({ code: 'invalid', reason: 'invalid_input' });
});
