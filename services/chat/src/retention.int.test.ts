import { randomUUID } from 'node:crypto';
import type { AccountPrincipal } from '@parley/contracts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Given, givenChat, says } from './testing/fixtures.js';

const dayMs = 24 * 60 * 60 * 1000;

let given: Given;
beforeAll(async () => {
  given = await givenChat({ replicas: 2, env: { PARLEY_RETENTION_DAYS: '30' } });
});
afterAll(() => given[Symbol.asyncDispose]());

const send = (from: AccountPrincipal, target: Parameters<typeof given.chat.message.send>[0]['target']) =>
  given.chat.message.send({ target, clientId: randomUUID(), content: says('x') }, { principal: from });

/** Sets the time of all messages in these channels to this many days ago. */
const age = (channelIds: string[], days: number) =>
  given.database.knex.raw('update chat.entries set sent_at = ? where channel_id = any (?)', [
    new Date(Date.now() - days * dayMs),
    channelIds,
  ]);

const aGroup = async (...members: AccountPrincipal[]) => (await given.topics.channel('group', members)).id;
const list = async (channelId: Awaited<ReturnType<typeof aGroup>>, principal: AccountPrincipal) => {
  const { messages, head, floor, more } = await given.chat.message.list({ channelId, after: 0 }, { principal });
  return { sequences: messages.map(({ sequence }) => sequence), head, floor, more };
};
const inboxOf = async (principal: AccountPrincipal) => {
  const { accountId } = principal;
  const { entries, head, floor, more } = await given.chat.inbox.list({ accountId, after: 0 }, given.system);
  return { sequences: entries.map(({ sequence }) => sequence), head, floor, more };
};

test('what is older than is kept goes, the floor says so, and sequences go on', async () => {
  const ada = await given.account('ada');
  const [old, quiet] = [await aGroup(ada), await aGroup(ada)];
  for (let n = 0; n < 3; n += 1) await send(ada, { channelId: old });
  await send(ada, { channelId: quiet });
  await age([old], 31);
  await age([quiet], 29);
  await send(ada, { channelId: old });
  await given.removeOld();
  expect(await list(old, ada)).toEqual({ sequences: [4], head: 4, floor: 3, more: false });
  expect(await list(quiet, ada)).toEqual({ sequences: [1], head: 1, floor: 0, more: false });
  const { message } = await send(ada, { channelId: old });
  expect(message.sequence).toBe(5);
});

test('a direct message leaves the inboxes of both with it', async () => {
  const [ada, bob] = [await given.account('ada'), await given.account('bob')];
  const first = await send(ada, { directWith: bob.accountId });
  await send(bob, { directWith: ada.accountId });
  await age([first.channel.id], 31);
  await send(ada, { directWith: bob.accountId });
  await given.removeOld();
  for (const each of [ada, bob])
    expect(await inboxOf(each)).toEqual({ sequences: [3], head: 3, floor: 2, more: false });
  await age([first.channel.id], 31);
  await given.removeOld();
  expect(await inboxOf(ada)).toEqual({ sequences: [], head: 3, floor: 3, more: false });
  expect(await list(first.channel.id, ada)).toEqual({ sequences: [], head: 3, floor: 3, more: false });
});

test('while messages are sent into the same streams, none of them is lost and no sequence has a hole', async () => {
  const people = await given.crowd(6);
  const channelId = await aGroup(...people);
  const directWith = (n: number) => ({ directWith: people[(n + 1) % people.length]!.accountId });
  const sendAll = () =>
    Promise.all(people.flatMap((each, n) => [send(each, { channelId }), send(each, directWith(n))]));
  const before = await sendAll();
  const channelIds = [...new Set(before.map(({ channel }) => channel.id))];
  await age(channelIds, 31);
  const sent = await Promise.all([sendAll(), given.removeOld(), sendAll(), given.removeOld(), sendAll()]);
  const inRoom = [...(sent[0] ?? []), ...(sent[2] ?? []), ...(sent[4] ?? [])]
    .filter(({ channel }) => channel.id === channelId)
    .map(({ message }) => message.sequence)
    .toSorted((a, b) => a - b);
  expect(inRoom).toEqual(Array.from({ length: 18 }, (_, n) => n + 7));
  await given.removeOld();
  expect(await list(channelId, people[0]!)).toEqual({ sequences: inRoom, head: 24, floor: 6, more: false });
  for (const each of people) {
    const { sequences, floor, head } = await inboxOf(each);
    expect([sequences.length, head - floor]).toEqual([6, 6]);
  }
});

test('a longer history goes in parts', async () => {
  const ada = await given.account('ada');
  const channelId = await aGroup(ada);
  for (let n = 0; n < 6; n += 1) await Promise.all(Array.from({ length: 200 }, () => send(ada, { channelId })));
  await age([channelId], 40);
  await given.removeOld();
  expect(await list(channelId, ada)).toEqual({ sequences: [], head: 1200, floor: 1200, more: false });
});

test('with a message goes all that belongs to it; changes that came later stay, without its text', async () => {
  const [ada, bob] = [await given.person('ada.l'), await given.person('bob.b')];
  const channelId = await aGroup(ada, bob);
  const secret = `secret-${randomUUID()}`;
  const content = says(`${secret} @bob.b`);
  const { message } = await given.chat.message.send(
    { target: { channelId }, clientId: 'm', content },
    { principal: ada },
  );
  const reply = { target: { channelId }, clientId: 'r', content: says('reply'), threadRoot: message.id };
  await given.chat.message.send(reply, { principal: bob });
  await age([channelId], 31);
  const of = (clientId: string) => ({ messageId: message.id, clientId });
  const edit = { ...of('e'), content: says(`${secret} too @bob.b`) };
  // The edit window is over for a message of 31 days: it was edited before.
  await given.database.knex.raw('update chat.entries set sent_at = now() where id = ?', [message.id]);
  await given.chat.message.edit(edit, { principal: ada });
  await given.chat.message.react({ ...of('l'), emoji: '👍' }, { principal: bob });
  await given.database.knex.raw("update chat.entries set sent_at = now() - interval '31 days' where id = ?", [
    message.id,
  ]);
  await given.removeOld();
  expect(await list(channelId, ada)).toEqual({ sequences: [], head: 4, floor: 2, more: false });
  const { rows: tables } = await given.database.knex.raw<{ rows: { name: string }[] }>(
    "select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname = 'chat'",
  );
  for (const { name } of tables) {
    const { rows } = await given.database.knex.raw(`select 1 from ${name} t where t::text like ?`, [`%${secret}%`]);
    expect([name, rows]).toEqual([name, []]);
  }
  for (const table of ['messages', 'message_versions', 'reactions', 'mentions', 'thread_receipts']) {
    const { rows } = await given.database.knex.raw(`select 1 from chat.${table} where channel_id = ?`, [channelId]);
    expect([table, rows]).toEqual([table, []]);
  }
  const { entries, floor } = await given.chat.channel.entries({ channelId, after: 2 }, { principal: bob });
  expect(floor).toBe(2);
  expect(entries).toMatchObject([
    { kind: 'message.edited', messageId: message.id, content: says('') },
    { kind: 'reaction.added', messageId: message.id, emoji: '👍', count: 1 },
  ]);
  const [summary] = await given.chat.channel.summaries({ channelIds: [channelId] }, { principal: bob });
  expect(summary).toMatchObject({ last: null, unread: 0, mentions: 0, head: 4 });
  await send(ada, { channelId });
  const [later] = await given.chat.channel.summaries({ channelIds: [channelId] }, { principal: bob });
  expect(later).toMatchObject({ last: { sequence: 5 }, unread: 1 });
});
