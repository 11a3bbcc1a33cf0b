// The schema of the previous release, with its rows and with processes of it that still run, after the migrations to this one.
import { randomUUID } from 'node:crypto';
import type { AccountId, ChannelId } from '@parley/contracts';
import { type Database, migrate } from '@parley/postgres';
import { eventually, freshDatabase } from '@parley/testing';
import { expect, test } from 'vitest';
import { migrations } from '../../migrations/index.js';
import { logInPostgres } from './log.postgres.js';
import { messagesInPostgres } from './messages.postgres.js';
import { streamsInPostgres } from './streams.postgres.js';

const former = Object.fromEntries(Object.entries(migrations).filter(([name]) => name < '0011'));

const channelId = randomUUID() as ChannelId;
const channel = { id: channelId, number: 1, kind: 'group', slug: null, title: 't', membershipVersion: 1 } as const;
const [ada, bob] = [randomUUID() as AccountId, randomUUID() as AccountId];
const sender = (id: AccountId) => ({ id, number: 1, handle: id, name: 'ada' });

/** As a process of the previous release sends. */
const formerSend = ({ knex }: Database, by: AccountId, texts: readonly string[]) => {
  const messages = texts.map((text) => ({
    ...{ realm: 'main', channel_id: channelId, channel, sender_id: by, sender: sender(by), client_id: randomUUID() },
    ...{ reference: null, content: { type: 'text', text }, raw: null, participants: null, bytes: 500 },
  }));
  return knex.raw('select * from chat.append_messages(cast(? as jsonb))', [JSON.stringify(messages)]);
};

const entryOf = (by: AccountId) => ({
  ...{ realm: 'main', channel, sender: sender(by), clientId: randomUUID(), participants: [] },
});
const send = (database: Database, text: string, by = ada) => {
  const log = logInPostgres(database);
  const draft = { kind: 'message', reference: null, content: { type: 'text', text }, raw: null } as const;
  const relations = { replyTo: null, threadRoot: null, inChannel: true, mentions: null };
  return log.append([log.prepare({ ...entryOf(by), ...draft, ...relations })]);
};
const react = (database: Database, messageSequence: number, by = bob) => {
  const log = logInPostgres(database);
  const change = { kind: 'reaction.added', emoji: '👍', messageSequence, moderates: false } as const;
  return log.append([log.prepare({ ...entryOf(by), ...change })]);
};

const list = (database: Database) =>
  messagesInPostgres(database).list({ channelId, realm: 'main', reader: null, limit: 500, bytesMax: 1_000_000 });
const summary = async (database: Database, accountId: AccountId) =>
  (
    await streamsInPostgres(database).summaries({ realm: 'main', accountId, channelIds: [channelId], bytesMax: 1e6 })
  )[0];
const ordinals = async ({ knex }: Database): Promise<[number, number][]> => {
  const { rows } = await knex.raw<{ rows: { sequence: string; ordinal: string }[] }>(
    'select sequence, ordinal from chat.messages order by sequence',
  );
  return rows.map(({ sequence, ordinal }) => [Number(sequence), Number(ordinal)]);
};

test('messages from before the upgrade are listed, counted and changed after it', async () => {
  await using database = await freshDatabase({ schema: 'chat', migrations: former });
  await formerSend(database, ada, ['one', 'two', 'three']);
  await formerSend(database, bob, ['four']);
  await formerSend(database, ada, ['five']);
  await migrate(database, migrations);
  const page = await list(database);
  expect(page?.messages.map(({ content }) => content)).toEqual(
    ['one', 'two', 'three', 'four', 'five'].map((text) => ({ type: 'text', text })),
  );
  expect(await ordinals(database)).toEqual([1, 2, 3, 4, 5].map((n) => [n, n]));
  // Each has read up to its own last message, as if it had sent it now.
  expect(await summary(database, bob)).toMatchObject({ unread: 1, read: 4 });
  expect(await summary(database, ada)).toMatchObject({ unread: 0, read: 5 });
  expect(await summary(database, randomUUID() as AccountId)).toMatchObject({ unread: 5 });
  expect(await react(database, 2)).toMatchObject([{ repeated: false, entry: { sequence: 6, count: 1 } }]);
  expect((await list(database))?.messages[1]).toMatchObject({ reactions: [{ emoji: '👍', count: 1 }] });
});

test('processes of both releases append to one order, and messages of the former one have forms', async () => {
  await using database = await freshDatabase({ schema: 'chat', migrations: former });
  await formerSend(database, ada, ['one']);
  await migrate(database, migrations);
  await formerSend(database, ada, ['two', 'three']);
  await react(database, 2);
  await formerSend(database, bob, ['four']);
  await send(database, 'five');
  await formerSend(database, ada, ['six']);
  expect(await ordinals(database)).toEqual([...[1, 2, 3].map((n) => [n, n]), ...[5, 6, 7].map((n) => [n, n - 1])]);
  expect(await summary(database, bob)).toMatchObject({ unread: 2, read: 5 });
  expect(await summary(database, ada)).toMatchObject({ unread: 0 });
  // What the former release reads of a message that was changed.
  const { rows } = await database.knex.raw<{ rows: { sequence: string }[] }>(
    "select sequence from chat.entries where kind = 'message' order by sequence",
  );
  expect(rows.map(({ sequence }) => Number(sequence))).toEqual([1, 2, 3, 5, 6, 7]);
});

test('retention that began before the forms were inserted, and went on after it, leaves no form without its message', async () => {
  const forms = Object.fromEntries(Object.entries(migrations).filter(([name]) => name < '0015'));
  await using database = await freshDatabase({ schema: 'chat', migrations: former });
  await formerSend(database, ada, ['one', 'two']);
  await migrate(database, forms);
  const removing = await database.knex.transaction(async (batch) => {
    // As 0015 does, with a pause between its lock and its insertion.
    await batch.raw('select from chat.entries for key share');
    const retention = (async () => database.knex.raw("select chat.remove_older(now() + interval '1 day', 150)"))();
    await eventually(async () => {
      const { rows } = await database.knex.raw<{ rows: unknown[] }>(
        `select from pg_stat_activity
           where datname = current_database() and wait_event_type = 'Lock' and query like '%remove_older%'`,
      );
      return rows.length > 0;
    });
    await batch.raw(
      `insert into chat.messages (channel_id, in_channel, sequence, ordinal)
         select channel_id, true, sequence, sequence from chat.entries`,
    );
    return [retention];
  });
  await Promise.all(removing);
  expect(await ordinals(database)).toEqual([]);
});

test('an upgrade that was interrupted is continued, while the previous release sends and retention removes', async () => {
  await using database = await freshDatabase({ schema: 'chat', migrations: former });
  const texts = Array.from({ length: 100 }, (_, n) => `${n}`);
  for (let n = 0; n < 120; n += 1) await formerSend(database, ada, texts);
  await database.knex.raw("update chat.entries set sent_at = now() - interval '9 days' where sequence <= 3000");
  const forms = migrations['0015_message-forms']!;
  const interrupted = {
    ...migrations,
    '0015_message-forms': { ...forms, up: () => Promise.reject(new Error('stop')) },
  };
  await expect(migrate(database, interrupted)).rejects.toThrow('Migrating the schema chat failed');
  const sending = (async () => {
    for (let n = 0; n < 20; n += 1) {
      await formerSend(database, bob, texts.slice(0, 5));
      await database.knex.raw("select chat.remove_older(now() - interval '7 days', 150)");
    }
  })();
  await migrate(database, migrations);
  await sending;
  const { rows } = await database.knex.raw<{ rows: { off: string; kept: string; deadlocks: string }[] }>(
    `select (select count(*) from chat.entries e full join chat.messages m
               on m.channel_id = e.channel_id and m.sequence = e.sequence
               where e.sequence is null or m.sequence is null or m.ordinal <> m.sequence) as off,
            (select count(*) from chat.messages) as kept,
            (select deadlocks from pg_stat_database where datname = current_database()) as deadlocks`,
  );
  expect(rows).toEqual([{ off: '0', kept: '9100', deadlocks: '0' }]);
  expect(await summary(database, ada)).toMatchObject({ unread: 100, read: 12_000 });
});

test('the index that was built beside running processes is complete', async () => {
  await using database = await freshDatabase({ schema: 'chat', migrations });
  const { rows } = await database.knex.raw<{ rows: { indisvalid: boolean }[] }>(
    "select indisvalid from pg_index where indexrelid = 'chat.receipts_of_channel'::regclass",
  );
  expect(rows).toEqual([{ indisvalid: true }]);
});
