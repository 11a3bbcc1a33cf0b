import { randomUUID } from 'node:crypto';
import type { AccountId, AccountPrincipal, BusEvent, ChannelId, Message } from '@parley/contracts';
import { eventually } from '@parley/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Given, givenChat, says } from './testing/fixtures.js';

let given: Given;
beforeAll(async () => {
  given = await givenChat({ replicas: 2 });
});
afterAll(() => given[Symbol.asyncDispose]());

type Target = { channelId: ChannelId } | { directWith: AccountId };

const send = async (from: AccountPrincipal, target: Target, text = 'x', more: object = {}): Promise<Message> =>
  (await given.chat.message.send({ target, clientId: randomUUID(), content: says(text), ...more }, { principal: from }))
    .message;

/** The input of a change. */
const of = ({ id }: { id: Message['id'] }, clientId: string = randomUUID()) => ({ messageId: id, clientId });
const as = (principal: AccountPrincipal) => ({ principal });

const eventsOf = (messageId: string): BusEvent[] =>
  given.events.map(({ event }) => event).filter((event) => 'entry' in event && event.entry.messageId === messageId);

test('an edit replaces the text, keeps the place, and is an entry with a sequence of its own', async () => {
  const ada = await given.account('ada');
  const { id: channelId } = await given.topics.channel('room');
  const message = await send(ada, { channelId }, 'helo', { raw: '{"a":1}' });
  const input = { ...of(message), content: says('hello') };
  const answer = await given.chat.message.edit(input, as(ada));
  const edited = { kind: 'message.edited', sequence: 2, channelId, messageId: message.id, messageSequence: 1 };
  expect(answer).toMatchObject({ repeated: false, inbox: [], entry: { ...edited, content: says('hello') } });
  const got = await given.chat.message.get({ messageId: message.id }, as(ada));
  expect(got).toEqual({ ...message, content: says('hello'), editedAt: (answer.entry as { at: string }).at });
  expect((await given.chat.message.list({ channelId }, as(ada))).messages).toEqual([got]);
  // A replayed creation shows the current form.
  const { entries, head } = await given.chat.channel.entries({ channelId, after: 0 }, as(ada));
  expect(entries).toEqual([{ kind: 'message.created', sequence: 1, message: got, thread: null }, answer.entry]);
  expect(head).toBe(2);
  const again = await given.chat.message.edit(input, as(ada));
  expect(again).toEqual({ ...answer, repeated: true });
  await eventually(() => expect(eventsOf(message.id)).toHaveLength(2));
  expect(eventsOf(message.id)[0]).toMatchObject({ name: 'message.edited', entry: answer.entry, inbox: null });
});

test('only the sender edits, within the window, and never a deleted message', async () => {
  const [ada, bob] = [await given.account('ada'), await given.account('bob')];
  const { id: channelId } = await given.topics.channel('group', [ada, bob]);
  await given.topics.setRole(channelId, bob.accountId, 'owner');
  const message = await send(ada, { channelId });
  const edit = (by: AccountPrincipal) => given.chat.message.edit({ ...of(message), content: says('y') }, as(by));
  await expect(edit(bob)).rejects.toMatchObject({ code: 'forbidden', reason: 'not_sender' });
  const eve = await given.account('eve');
  await expect(edit(eve)).rejects.toMatchObject({ code: 'not_found', reason: 'message_not_found' });
  const secret = { ...of(await send(ada, { directWith: bob.accountId })), content: says('y') };
  await expect(given.chat.message.edit(secret, as(eve))).rejects.toMatchObject({
    code: 'not_found',
    reason: 'message_not_found',
  });
  const yesterday = "update chat.entries set sent_at = sent_at - interval '24 hours 1 minute' where id = ?";
  await given.database.knex.raw(yesterday, [message.id]);
  await expect(edit(ada)).rejects.toMatchObject({ code: 'forbidden', reason: 'edit_window_over' });
  await given.chat.message.delete(of(message), as(ada));
  await expect(edit(ada)).rejects.toMatchObject({ code: 'conflict', reason: 'message_deleted' });
  const { head } = await given.chat.message.list({ channelId }, as(ada));
  expect(head).toBe(2);
});

test('a deletion leaves a tombstone, and the text is in no table any more', async () => {
  const [ada, bob] = [await given.account('ada'), await given.account('bob')];
  const secret = `secret-${randomUUID()}`;
  const message = await send(ada, { directWith: bob.accountId }, secret, { raw: `{"text":"${secret}"}` });
  await given.chat.message.edit({ ...of(message), content: says(`${secret} again`) }, as(ada));
  await given.chat.message.react({ ...of(message), emoji: '👍' }, as(bob));
  await given.chat.message.pin(of(message), as(bob));
  const first = await given.chat.message.delete(of(message), as(ada));
  expect(first).toMatchObject({ entry: { kind: 'message.deleted', sequence: 5, thread: null }, repeated: false });
  expect(first.inbox.map(({ sequence }) => sequence)).toEqual([5, 5]);
  const again = await given.chat.message.delete(of(message), as(ada));
  expect(again).toEqual({ ...first, repeated: true });
  const got = await given.chat.message.get({ messageId: message.id }, as(bob));
  expect(got).toMatchObject({
    content: says(''),
    raw: null,
    reactions: [],
    pinnedAt: null,
    sequence: 1,
    sentAt: message.sentAt,
  });
  expect(got.deletedAt).not.toBeNull();
  const { rows: tables } = await given.database.knex.raw<{ rows: { name: string }[] }>(
    "select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname = 'chat'",
  );
  for (const { name } of tables) {
    const { rows } = await given.database.knex.raw(`select 1 from ${name} t where t::text like ?`, [`%${secret}%`]);
    expect([name, rows]).toEqual([name, []]);
  }
  const { entries } = await given.chat.inbox.entries({ accountId: bob.accountId, after: 0 }, as(bob));
  expect(entries.map(({ entry }) => entry.kind)).toEqual([
    ...['message.created', 'message.edited', 'reaction.added', 'message.pinned', 'message.deleted'],
  ]);
  expect(JSON.stringify(entries)).not.toContain(secret);
});

test('moderators delete messages of others, members do not', async () => {
  const [ada, bob, eve] = [await given.account('ada'), await given.account('bob'), await given.account('eve')];
  const { id: channelId } = await given.topics.channel('group', [ada, bob, eve]);
  await given.topics.setRole(channelId, bob.accountId, 'admin');
  const message = await send(ada, { channelId });
  await expect(given.chat.message.delete(of(message), as(eve))).rejects.toMatchObject({ reason: 'not_sender' });
  expect(await given.chat.message.delete(of(message), as(bob))).toMatchObject({ entry: { actor: { name: 'bob' } } });
  await expect(given.chat.message.delete(of(message), as(eve))).rejects.toMatchObject({ reason: 'not_sender' });
});

test('reactions count accounts once each, in the order of the first, and are marked for who made them', async () => {
  const [ada, bob] = [await given.account('ada'), await given.account('bob')];
  const { id: channelId } = await given.topics.channel('room');
  const message = await send(ada, { channelId });
  const react = (by: AccountPrincipal, emoji: string) => given.chat.message.react({ ...of(message), emoji }, as(by));
  const first = await react(ada, '❤');
  expect(first.entry).toMatchObject({ kind: 'reaction.added', emoji: '❤️', count: 1, sequence: 2 });
  expect((await react(bob, '👍')).entry).toMatchObject({ emoji: '👍', count: 1 });
  expect((await react(bob, '❤️')).entry).toMatchObject({ emoji: '❤️', count: 2 });
  expect(await react(ada, '❤️')).toEqual({ ...first, repeated: true });
  const reactionsFor = async (reader: AccountPrincipal) =>
    (await given.chat.message.list({ channelId }, as(reader))).messages[0]?.reactions;
  expect(await reactionsFor(ada)).toEqual([
    { emoji: '❤️', count: 2, mine: true },
    { emoji: '👍', count: 1, mine: false },
  ]);
  const removed = await given.chat.message.unreact({ ...of(message), emoji: '❤️' }, as(bob));
  expect(removed).toMatchObject({ repeated: false, entry: { kind: 'reaction.removed', count: 1, sequence: 5 } });
  const nothing = await given.chat.message.unreact({ ...of(message), emoji: '❤️' }, as(bob));
  expect(nothing).toEqual({ ...removed, repeated: true });
  await given.chat.message.unreact({ ...of(message), emoji: '❤️' }, as(ada));
  expect(await reactionsFor(bob)).toEqual([{ emoji: '👍', count: 1, mine: true }]);
  for (const emoji of ['a', '👍👍', '']) await expect(react(ada, emoji)).rejects.toMatchObject({ code: 'invalid' });
});

test('a message has at most 20 different reactions, and a channel 100 pins', async () => {
  const ada = await given.account('ada');
  const { id: channelId } = await given.topics.channel('group', [ada]);
  const message = await send(ada, { channelId });
  const emojis = Array.from({ length: 21 }, (_, n) => String.fromCodePoint(0x1f600 + n));
  const react = (emoji = '') => given.chat.message.react({ ...of(message), emoji }, as(ada));
  for (const emoji of emojis.slice(0, 20)) await react(emoji);
  await expect(react(emojis[20])).rejects.toMatchObject({ code: 'conflict', reason: 'too_many_reactions' });
  expect(await react(emojis[3])).toMatchObject({ repeated: true });

  await expect(given.chat.message.pin(of(message), as(ada))).rejects.toMatchObject({ reason: 'not_moderator' });
  await given.topics.setRole(channelId, ada.accountId, 'owner');
  const other = (await given.topics.channel('group', [ada])).id;
  await given.topics.setRole(other, ada.accountId, 'owner');
  const messages = await Promise.all(Array.from({ length: 101 }, () => send(ada, { channelId: other })));
  const pin = (one: Message) => given.chat.message.pin(of(one), as(ada));
  const pinned = await Promise.all(messages.slice(0, 100).map(pin));
  await expect(pin(messages[100]!)).rejects.toMatchObject({ code: 'conflict', reason: 'too_many_pins' });
  expect(await pin(messages[0]!)).toMatchObject({ repeated: true });
  const byPin = pinned.map(({ entry }) => entry).sort((a, b) => b.sequence - a.sequence);
  const pins = await given.chat.message.pins({ channelId: other }, as(ada));
  expect(pins.map(({ id }) => id)).toEqual(byPin.map((entry) => ('messageId' in entry ? entry.messageId : '')));
  await given.chat.message.unpin(of(messages[0]!), as(ada));
  expect(await pin(messages[100]!)).toMatchObject({ repeated: false });
  expect((await given.chat.message.pins({ channelId: other }, as(ada)))[0]?.id).toBe(messages[100]!.id);
});

test('a client id that was used for one thing is not another', async () => {
  const ada = await given.account('ada');
  const { id: channelId } = await given.topics.channel('room');
  const message = await send(ada, { channelId });
  const { clientId = '' } = (await given.chat.message.react({ ...of(message), emoji: '👍' }, as(ada))).entry as {
    clientId?: string;
  };
  const used = { code: 'conflict', reason: 'client_id_used' };
  await expect(given.chat.message.delete(of(message, clientId), as(ada))).rejects.toMatchObject(used);
  await expect(
    given.chat.message.send({ target: { channelId }, clientId, content: says('x') }, as(ada)),
  ).rejects.toMatchObject(used);
});
