import { randomUUID } from 'node:crypto';
import type { AccountPrincipal, ChannelId, Entry, Message } from '@parley/contracts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Given, anAccount, givenChat, says } from './testing/fixtures.js';

let given: Given;
beforeAll(async () => {
  given = await givenChat({ replicas: 2 });
});
afterAll(() => given[Symbol.asyncDispose]());

const as = (principal: AccountPrincipal) => ({ principal });
const send = async (by: AccountPrincipal, channelId: ChannelId): Promise<Message> =>
  (await given.chat.message.send({ target: { channelId }, clientId: randomUUID(), content: says('x') }, as(by)))
    .message;
const of = ({ id }: Message, clientId: string = randomUUID()) => ({ messageId: id, clientId });
const get = ({ id }: Message, by: AccountPrincipal) => given.chat.message.get({ messageId: id }, as(by));
const times = <T>(count: number, make: (n: number) => T): T[] => Array.from({ length: count }, (_, n) => make(n));

const entriesOf = async (channelId: ChannelId): Promise<Entry[]> => {
  const all: Entry[] = [];
  for (let more = true; more;) {
    const after = all.at(-1)?.sequence ?? 0;
    const page = await given.chat.channel.entries({ channelId, after, limit: 500 }, given.system);
    all.push(...page.entries);
    ({ more } = page);
  }
  return all;
};

test('edits at once are entries of their own, and the last of them is the text', async () => {
  const ada = await given.account('ada');
  const { id: channelId } = await given.topics.channel('group', [ada]);
  await given.topics.setRole(channelId, ada.accountId, 'owner');
  const message = await send(ada, channelId);
  const answers = await Promise.all(
    times(20, async (n) => ({
      text: `${n}`,
      ...(await given.chat.message.edit({ ...of(message), content: says(`${n}`) }, as(ada))),
    })),
  );
  const ordered = answers.toSorted((a, b) => a.entry.sequence - b.entry.sequence);
  expect(ordered.map(({ entry }) => entry.sequence)).toEqual(times(20, (n) => n + 2));
  expect((await get(message, ada)).content).toEqual(says(ordered.at(-1)!.text));
  const versions = await given.chat.message.versions({ messageId: message.id }, as(ada));
  expect(versions.map(({ content }) => content)).toEqual([says('x'), ...ordered.map(({ text }) => says(text))]);
});

test('one client id at both replicas at once is one change', async () => {
  const ada = await given.account('ada');
  const { id: channelId } = await given.topics.channel('room');
  const message = await send(ada, channelId);
  const clientId = randomUUID();
  const answers = await Promise.all(
    times(30, (n) => given.chat.message.edit({ ...of(message, clientId), content: says(`${n}`) }, as(ada))),
  );
  expect(new Set(answers.map(({ entry }) => entry.sequence))).toEqual(new Set([2]));
  expect(answers.filter(({ repeated }) => !repeated)).toHaveLength(1);
  expect(await entriesOf(channelId)).toHaveLength(2);
});

test('reactions and their removal at once: the counts are those of the accounts that react', async () => {
  const people = times(8, () => anAccount());
  const { id: channelId } = await given.topics.channel('room');
  const message = await send(people[0]!, channelId);
  const last = new Map<string, { sequence: number; reacts: boolean }>();
  await Promise.all(
    people.flatMap((by) =>
      times(10, async (n) => {
        const input = { ...of(message), emoji: '👍' };
        const { message: chat } = given.chat;
        const { entry, repeated } = await (n % 2 === 0 ? chat.react(input, as(by)) : chat.unreact(input, as(by)));
        const known = last.get(by.accountId);
        if (!repeated && entry.sequence > (known?.sequence ?? 0))
          last.set(by.accountId, { sequence: entry.sequence, reacts: n % 2 === 0 });
      }),
    ),
  );
  const count = [...last.values()].filter(({ reacts }) => reacts).length;
  const { reactions } = await get(message, people[0]!);
  expect(reactions.map((reaction) => reaction.count)).toEqual(count === 0 ? [] : [count]);
  const { rows } = await given.database.knex.raw<{ rows: unknown[] }>(
    'select account_id from chat.reactions where channel_id = ?',
    [channelId],
  );
  expect(rows).toHaveLength(count);
});

test('whatever else happens at once, a deleted message stays deleted and its text is gone', async () => {
  const [ada, bob] = [await given.account('ada'), await given.account('bob')];
  const { id: channelId } = await given.topics.channel('room');
  for (let round = 0; round < 8; round += 1) {
    const message = await send(ada, channelId);
    const { message: chat } = given.chat;
    const outcomes = await Promise.allSettled([
      ...times(4, (n) => chat.edit({ ...of(message), content: says(`edit ${n}`) }, as(ada))),
      ...times(2, () => chat.delete(of(message), as(ada))),
      ...times(4, () => chat.react({ ...of(message), emoji: '🎉' }, as(bob))),
    ]);
    for (const outcome of outcomes)
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ reason: 'message_deleted' });
    const tombstone = await get(message, bob);
    expect(tombstone).toMatchObject({ content: says(''), reactions: [] });
    expect(tombstone.deletedAt).not.toBeNull();
  }
  const texts = (await entriesOf(channelId)).filter((entry) => entry.kind === 'message.edited');
  for (const { content } of texts) expect(content).toEqual(says(''));
});

test('entries of every kind at once over both replicas have one order without a gap, in the channel and in both inboxes', async () => {
  const [ada, bob] = [await given.account('ada'), await given.account('bob')];
  const first = await given.chat.message.send(
    { target: { directWith: bob.accountId }, clientId: 'first', content: says('first') },
    as(ada),
  );
  const channelId = first.channel.id;
  await Promise.all(
    [ada, bob].map(async (by, person) => {
      const mine: Message[] = [first.message];
      for (let n = 0; n < 25; n += 1) {
        const message = await send(by, channelId);
        mine.push(message);
        const { message: chat } = given.chat;
        await Promise.allSettled([
          chat.react({ ...of(mine[n]!), emoji: '👍' }, as(by)),
          chat.edit({ ...of(message), content: says('y') }, as(by)),
          chat.pin(of(message), as(by)),
          ...(n % 3 === person ? [chat.delete(of(message), as(by)), chat.unpin(of(message), as(by))] : []),
        ]);
      }
    }),
  );
  const entries = await entriesOf(channelId);
  expect(entries.map(({ sequence }) => sequence)).toEqual(entries.map((_, n) => n + 1));
  expect(new Set(entries.map(({ kind }) => kind)).size).toBeGreaterThan(4);
  for (const { accountId } of [ada, bob]) {
    const inbox = await given.chat.inbox.entries({ accountId, after: 0, limit: 500 }, given.system);
    expect([inbox.head, inbox.more]).toEqual([entries.length, false]);
    expect(inbox.entries.map(({ sequence }) => sequence)).toEqual(entries.map((_, n) => n + 1));
    expect(inbox.entries.map(({ entry }) => entry)).toEqual(entries);
  }
  // Ordinals count the messages, whatever lies between them.
  const { rows } = await given.database.knex.raw<{ rows: { wrong: string }[] }>(
    `select count(*) as wrong from (
       select ordinal, row_number() over (order by sequence) as expected from chat.messages
         where channel_id = ? and in_channel
     ) m where ordinal <> expected`,
    [channelId],
  );
  expect(rows).toEqual([{ wrong: '0' }]);
});
