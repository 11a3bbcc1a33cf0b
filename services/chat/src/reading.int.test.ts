import { randomUUID } from 'node:crypto';
import { type AccountId, type AccountPrincipal, type ChannelId, type Message, pageBytesMax } from '@parley/contracts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Given, givenChat, says } from './testing/fixtures.js';

let given: Given;
let ada: AccountPrincipal;
beforeAll(async () => {
  given = await givenChat();
  ada = await given.account('ada');
});
afterAll(() => given[Symbol.asyncDispose]());

const anonymous = { principal: { kind: 'anonymous', realm: 'main', dialect: 'v1' } } as const;
const nobody = randomUUID() as AccountId;

const send = async (target: { channelId: ChannelId } | { directWith: AccountId }, text = 'x', principal = ada) =>
  (await given.chat.message.send({ target, clientId: randomUUID(), content: says(text) }, { principal })).message;

/** A room with this many messages. */
const aRoom = async (count: number, text = 'x'): Promise<ChannelId> => {
  const { id } = await given.topics.channel('room');
  for (let n = 0; n < count; n += 1) await send({ channelId: id }, text);
  return id;
};

const sequencesOf = ({ messages }: { messages: Message[] }) => messages.map(({ sequence }) => sequence);

test('pages are ascending in both directions and say whether there is more', async () => {
  const channelId = await aRoom(10);
  const list = (range: object) => given.chat.message.list({ channelId, limit: 3, ...range }, { principal: ada });
  const pages = await Promise.all([
    list({}),
    list({ before: 8 }),
    list({ before: 4 }),
    list({ before: 1 }),
    list({ after: 0 }),
    list({ after: 7 }),
    list({ after: 8 }),
    list({ after: 10 }),
    list({ after: 2, before: 5 }),
  ]);
  expect(pages.map((page) => [...sequencesOf(page), page.more])).toEqual([
    [8, 9, 10, true],
    [5, 6, 7, true],
    [1, 2, 3, false],
    [false],
    [1, 2, 3, true],
    [8, 9, 10, false],
    [9, 10, false],
    [false],
    [3, 4, false],
  ]);
  for (const page of pages) expect(page).toMatchObject({ head: 10, floor: 0 });
});

test('60 messages of 16 KB come in pages below the limit, whole in either direction', async () => {
  const channelId = await aRoom(60, '\u00e9'.repeat(8) + 'x'.repeat(16_376));
  const forwards: Message[] = [];
  const backwards: Message[] = [];
  for (let more = true; more;) {
    const page = await given.chat.message.list(
      { channelId, after: forwards.at(-1)?.sequence ?? 0, limit: 500 },
      { principal: ada },
    );
    expect(Buffer.byteLength(JSON.stringify(page.messages))).toBeLessThanOrEqual(pageBytesMax);
    if (page.more) expect(page.messages.length).toBeGreaterThan(20);
    forwards.push(...page.messages);
    ({ more } = page);
    if (forwards.length < 60) expect(more).toBe(true);
  }
  for (let more = true; more;) {
    const first = backwards[0]?.sequence;
    const page = await given.chat.message.list(
      { channelId, limit: 500, ...(first !== undefined && { before: first }) },
      { principal: ada },
    );
    backwards.unshift(...page.messages);
    ({ more } = page);
  }
  expect(forwards.map(({ sequence }) => sequence)).toEqual(Array.from({ length: 60 }, (_, i) => i + 1));
  expect(backwards).toEqual(forwards);
});

test('what retention took is not there, and the floor says so', async () => {
  const channelId = await aRoom(5);
  for (const table of ['entries', 'messages'])
    await given.database.knex.raw(`delete from chat.${table} where channel_id = ? and sequence <= 3`, [channelId]);
  await given.database.knex.raw('update chat.streams set floor = 3 where channel_id = ?', [channelId]);
  const page = await given.chat.message.list({ channelId, after: 1 }, { principal: ada });
  expect([sequencesOf(page), page.more, page.head, page.floor]).toEqual([[4, 5], false, 5, 3]);
});

test('reading is for those who may: members, and Parley itself within its realm', async () => {
  const group = await given.topics.channel('group', [ada]);
  await send({ channelId: group.id });
  const list = (options: Parameters<typeof given.chat.message.list>[1]) =>
    given.chat.message.list({ channelId: group.id }, options);
  await expect(list(given.system)).resolves.toMatchObject({ head: 1 });
  await expect(list({ principal: await given.account('eve') })).rejects.toMatchObject({
    code: 'forbidden',
    reason: 'not_member',
  });
  await expect(list({ principal: { ...ada, realm: 'rooms' } })).rejects.toMatchObject({ code: 'not_found' });
  await expect(list({ principal: { ...given.system.principal, realm: 'rooms' } })).rejects.toMatchObject({
    code: 'not_found',
  });
  await expect(list(anonymous)).rejects.toMatchObject({ code: 'unauthenticated' });
  await expect(given.chat.message.list({ channelId: randomUUID() }, { principal: ada })).rejects.toMatchObject({
    code: 'not_found',
  });
  await expect(given.chat.message.list({ channelId: group.id, limit: 501 }, { principal: ada })).rejects.toMatchObject({
    code: 'invalid',
  });
});

test('heads are answered for all that is asked, 0 for what holds nothing or is elsewhere; for Parley only', async () => {
  const [busy, quiet] = [await aRoom(3), (await given.topics.channel('room')).id];
  const bob = await given.account('bob');
  await send({ directWith: bob.accountId });
  const ask = { channelIds: [quiet, busy], accountIds: [bob.accountId, nobody] };
  await expect(given.chat.channel.heads(ask, given.system)).resolves.toEqual({
    channels: [
      { channelId: quiet, head: 0, floor: 0 },
      { channelId: busy, head: 3, floor: 0 },
    ],
    inboxes: [
      { accountId: bob.accountId, head: 1, floor: 0 },
      { accountId: nobody, head: 0, floor: 0 },
    ],
  });
  const elsewhere = await given.chat.channel.heads(ask, { principal: { ...given.system.principal, realm: 'rooms' } });
  expect([...elsewhere.channels, ...elsewhere.inboxes].map(({ head }) => head)).toEqual([0, 0, 0, 0]);
  await expect(given.chat.channel.heads({}, given.system)).resolves.toEqual({ channels: [], inboxes: [] });
  await expect(given.chat.channel.heads(ask, { principal: ada })).rejects.toMatchObject({ code: 'forbidden' });
  await expect(given.chat.channel.heads(ask, anonymous)).rejects.toMatchObject({ code: 'unauthenticated' });
  const tooMany = Array.from({ length: 1_001 }, () => quiet);
  await expect(given.chat.channel.heads({ channelIds: tooMany }, given.system)).rejects.toMatchObject({
    code: 'invalid',
  });
});

test('summaries give the last message and what is unread of others, and leave out what the caller may not read', async () => {
  const bob = await given.account('bob');
  const [busy, empty] = [await aRoom(4), (await given.topics.channel('room')).id];
  const own = await send({ channelId: busy }, 'mine', bob);
  const secret = (await given.topics.channel('group', [ada])).id;
  const summarize = (principal: AccountPrincipal) =>
    given.chat.channel.summaries({ channelIds: [busy, secret, empty, randomUUID()] }, { principal });
  await expect(summarize(bob)).resolves.toEqual([
    { channelId: busy, last: own, unread: 0, head: 5, mentions: 0, read: 5 },
    { channelId: empty, last: null, unread: 0, head: 0, mentions: 0, read: 0 },
  ]);
  const eve = await given.account('eve');
  await expect(summarize(eve)).resolves.toMatchObject([{ unread: 5, read: 0 }, { unread: 0 }]);
  await given.chat.receipt.record({ channelId: busy, sequence: 3 }, { principal: eve });
  await expect(summarize(eve)).resolves.toMatchObject([{ unread: 2, read: 3 }, { unread: 0 }]);
  await expect(summarize(ada)).resolves.toMatchObject([{ unread: 1 }, { channelId: secret }, { unread: 0 }]);
  await expect(given.chat.channel.summaries({ channelIds: [] }, { principal: bob })).resolves.toEqual([]);
  await expect(given.chat.channel.summaries({ channelIds: [busy] }, given.system)).rejects.toMatchObject({
    code: 'forbidden',
  });
  await expect(given.chat.channel.summaries({ channelIds: [busy] }, anonymous)).rejects.toMatchObject({
    code: 'unauthenticated',
  });
});

test('summaries of many large messages stay below the limit', async () => {
  const channelIds = (await given.topics.channels(60, 'room')).map(({ id }) => id);
  await Promise.all(channelIds.map((channelId) => send({ channelId }, 'x'.repeat(16_384))));
  const summaries = await given.chat.channel.summaries({ channelIds }, { principal: ada });
  expect(summaries.map(({ head }) => head)).toEqual(channelIds.map(() => 1));
  const withLast = summaries.filter(({ last }) => last !== null).length;
  expect(withLast).toBeGreaterThan(25);
  expect(withLast).toBeLessThan(41);
});

test('an inbox is read in its own order across channels, by its account or Parley itself', async () => {
  const [bob, eve] = [await given.account('bob'), await given.account('eve')];
  const sent = [
    await send({ directWith: bob.accountId }, 'one'),
    await send({ directWith: bob.accountId }, 'two', eve),
    await send({ directWith: bob.accountId }, 'three', bob),
  ];
  const list = (range: object, options: Parameters<typeof given.chat.inbox.list>[1] = { principal: bob }) =>
    given.chat.inbox.list({ accountId: bob.accountId, after: 0, ...range }, options);
  const all = await list({});
  expect(all).toMatchObject({ more: false, head: 3, floor: 0 });
  expect(all.entries.map(({ message }) => message)).toEqual(sent);
  expect(all.entries.map(({ sequence, channel }) => [sequence, channel.kind, channel.id])).toEqual(
    sent.map(({ channelId }, i) => [i + 1, 'direct', channelId]),
  );
  const page = await list({ after: 1, limit: 1 }, given.system);
  expect([page.entries.map(({ sequence }) => sequence), page.more]).toEqual([[2], true]);
  await expect(list({ after: 3 })).resolves.toMatchObject({ entries: [], more: false, head: 3 });
  await expect(list({}, { principal: eve })).rejects.toMatchObject({ code: 'forbidden' });
  await expect(list({}, anonymous)).rejects.toMatchObject({ code: 'unauthenticated' });
  await expect(list({}, { principal: { ...given.system.principal, realm: 'rooms' } })).rejects.toMatchObject({
    code: 'not_found',
  });
  await expect(list({ after: -1 })).rejects.toMatchObject({ code: 'invalid' });
  await expect(given.chat.inbox.list({ accountId: nobody, after: 0 }, given.system)).resolves.toMatchObject({
    head: 0,
    entries: [],
  });
});

test('an inbox of 60 messages of 16 KB comes in pages below the limit', async () => {
  const bob = await given.account('bob');
  for (let n = 0; n < 60; n += 1) await send({ directWith: bob.accountId }, 'x'.repeat(16_384));
  const seen: number[] = [];
  for (let more = true; more;) {
    const page = await given.chat.inbox.list(
      { accountId: bob.accountId, after: seen.at(-1) ?? 0, limit: 500 },
      { principal: bob },
    );
    expect(Buffer.byteLength(JSON.stringify(page.entries))).toBeLessThanOrEqual(pageBytesMax);
    seen.push(...page.entries.map(({ sequence }) => sequence));
    ({ more } = page);
  }
  expect(seen).toEqual(Array.from({ length: 60 }, (_, i) => i + 1));
});

test('a receipt moves forward only, never beyond the head, and only for readers', async () => {
  const channelId = await aRoom(5);
  const bob = await given.account('bob');
  const record = (sequence: number, options: Parameters<typeof given.chat.receipt.record>[1] = { principal: bob }) =>
    given.chat.receipt.record({ channelId, sequence }, options);
  await expect(record(3)).resolves.toEqual({ sequence: 3, read: 3, delivered: 3 });
  await expect(record(1)).resolves.toEqual({ sequence: 3, read: 3, delivered: 3 });
  await expect(given.chat.receipt.record({ channelId, delivered: 4 }, { principal: bob })).resolves.toEqual({
    ...{ sequence: 3, read: 3, delivered: 4 },
  });
  await expect(record(99)).resolves.toEqual({ sequence: 5, read: 5, delivered: 5 });
  const empty = (await given.topics.channel('room')).id;
  await expect(given.chat.receipt.record({ channelId: empty, sequence: 4 }, { principal: ada })).resolves.toEqual({
    ...{ sequence: 0, read: 0, delivered: 0 },
  });
  const secret = (await given.topics.channel('group', [await given.account('bob')])).id;
  await expect(given.chat.receipt.record({ channelId: secret, sequence: 1 }, { principal: ada })).rejects.toMatchObject(
    { code: 'forbidden', reason: 'not_member' },
  );
  await expect(record(1, given.system)).rejects.toMatchObject({ code: 'forbidden' });
  await expect(record(1, anonymous)).rejects.toMatchObject({ code: 'unauthenticated' });
  await expect(record(-1)).rejects.toMatchObject({ code: 'invalid' });
});

test('chats of an inbox come by their newest message, each page below the last, whatever is said meanwhile', async () => {
  const [own, other] = [await given.account('own'), await given.account('other')];
  const partners = (await given.crowd(7)).map(({ accountId }) => accountId);
  const channels: ChannelId[] = [];
  for (const directWith of partners) channels.push((await send({ directWith }, 'x', own)).channelId);
  await send({ directWith: partners[0]! }, 'again', own);
  const chats = (page: object, principal = own) => given.chat.inbox.chats(page, { principal });
  const [first, second, ...rest] = channels;
  const newestFirst = [first, ...rest.toReversed(), second];

  const seen: (ChannelId | undefined)[] = [];
  let before: number | null | undefined;
  do {
    const page = await chats({ limit: 2, ...(before ? { before } : {}) });
    expect(page.chats.length).toBeLessThanOrEqual(2);
    seen.push(...page.chats.map(({ channelId }) => channelId).filter((id) => !seen.includes(id)));
    before = page.next;
    // Messages sent meanwhile come above.
    await send({ directWith: partners[1]! }, 'meanwhile', own);
    await send({ directWith: (await given.account('new')).accountId }, 'with somebody new', own);
  } while (before !== null);
  expect(seen).toEqual(newestFirst);
  expect((await chats({ limit: 200 })).chats.map(({ channelId }) => channelId)).toContain(second);
  expect(await chats({}, other)).toEqual({ chats: [], next: null });
  await expect(given.chat.inbox.chats({}, anonymous)).rejects.toMatchObject({ code: 'unauthenticated' });
});

test('a chat that is below thousands of messages of another is found', async () => {
  const own = await given.account('busy');
  const [quiet, loud] = [await given.account('quiet'), await given.account('loud')];
  const rare = (await send({ directWith: quiet.accountId }, 'x', own)).channelId;
  const { channelId: busy } = await send({ directWith: loud.accountId }, 'x', own);
  await given.database.knex.raw(
    `insert into chat.inbox (account_id, sequence, realm, channel_id, entry_sequence)
     select :own, 2 + n, 'main', :busy, 1 from generate_series(1, 10500) n`,
    { own: own.accountId, busy },
  );
  const seen: ChannelId[][] = [];
  let before: number | null | undefined;
  do {
    const page = await given.chat.inbox.chats(before ? { before } : {}, { principal: own });
    seen.push(page.chats.map(({ channelId }) => channelId));
    before = page.next;
  } while (before !== null);
  expect(seen).toEqual([[busy], [busy], [busy, rare]]);
});
