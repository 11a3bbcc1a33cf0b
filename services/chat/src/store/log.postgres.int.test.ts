import { randomUUID } from 'node:crypto';
import type { AccountId, ChannelId } from '@parley/contracts';
import { freshDatabase } from '@parley/testing';
import { expect, test } from 'vitest';
import { migrations } from '../../migrations/index.js';
import type { Draft } from '../domain/message.js';
import { logInPostgres } from './log.postgres.js';

const ids = (count: number): string[] => Array.from({ length: count }, () => randomUUID());
const pick = <T>(from: readonly T[]): T => from[Math.floor(Math.random() * from.length)] as T;

const channelIds = ids(20) as ChannelId[];
const accountIds = ids(20) as AccountId[];

const aDraft = (overrides: Partial<Draft> = {}): Draft => {
  const id = pick(channelIds);
  const isDirect = channelIds.indexOf(id) < 10;
  const sender = pick(accountIds);
  return {
    kind: 'message',
    realm: 'main',
    channel: { id, number: 1, kind: isDirect ? 'direct' : 'room', slug: null, title: 't', membershipVersion: 1 },
    sender: { id: sender, number: 1, handle: sender, name: 'ada' },
    clientId: randomUUID(),
    reference: null,
    content: { type: 'text', text: 'x' },
    raw: null,
    ...{ replyTo: null, threadRoot: null, inChannel: true, mentions: null },
    participants: isDirect ? [sender, pick(accountIds)] : [],
    ...overrides,
  };
};

const twice = (draft: Draft): Draft[] => [draft, draft];

test('groups that overlap in channels and inboxes never deadlock and leave no gap, in rows that are missing at first', async () => {
  await using database = await freshDatabase({ schema: 'chat', migrations });
  const log = logInPostgres(database);
  await Promise.all(
    Array.from({ length: 6 }, async (_, writer) => {
      for (let round = 0; round < 15; round += 1) {
        // A group with a repeat goes through append_entries, as every group of the previous release does.
        const drafts = [
          ...Array.from({ length: 39 }, () => aDraft()),
          ...(writer % 2 === 0 ? [aDraft()] : twice(aDraft())),
        ];
        await log.append(drafts.map((draft) => log.prepare(draft)));
      }
    }),
  );
  const { rows } = await database.knex.raw<{ rows: { off: string; entries: string; deadlocks: string }[] }>(`
    select (select count(*) from chat.entries) as entries,
           (select deadlocks from pg_stat_database where datname = current_database()) as deadlocks,
           (select count(*) from chat.streams s where (s.head, s.head) is distinct from
             (select (count(*), max(e.sequence)) from chat.entries e where e.channel_id = s.channel_id))
         + (select count(*) from chat.inboxes b where (b.head, b.head) is distinct from
             (select (count(*), max(i.sequence)) from chat.inbox i where i.account_id = b.account_id)) as off
  `);
  expect(rows).toEqual([{ entries: '3600', deadlocks: '0', off: '0' }]);
});

test.each([
  ['of new messages', (): Draft[] => Array.from({ length: 40 }, () => aDraft())],
  ['with a repeat', (): Draft[] => [...Array.from({ length: 39 }, () => aDraft()), ...twice(aDraft())]],
])(
  'an append %s reads what it needs and walks no table, also with a plan made while the tables were empty',
  async (_, drafts) => {
    await using database = await freshDatabase({ schema: 'chat', migrations });
    await database.knex.transaction(async (tx) => {
      const log = logInPostgres({ ...database, knex: tx });
      const append = async (): Promise<void> => void (await log.append(drafts().map((draft) => log.prepare(draft))));
      const tuplesRead = async (): Promise<number> => {
        const { rows } = await tx.raw<{ rows: { read: string }[] }>(
          `select sum(seq_tup_read + coalesce(idx_tup_fetch, 0)) as read from pg_stat_xact_user_tables where schemaname = 'chat'`,
        );
        return Number(rows[0]?.read);
      };
      // More runs than PostgreSQL needs before it keeps a generic plan: the first ones, in new channels, go through append_entries.
      for (let n = 0; n < 20; n += 1) await append();
      await tx.raw(`
      insert into chat.streams select gen_random_uuid(), 'main', 'room', 1, null, 't', 1 from generate_series(1, 20000);
      insert into chat.inboxes select gen_random_uuid(), 'main' from generate_series(1, 20000);
      insert into chat.entries (channel_id, sequence, message_sequence, realm, sender_id, sender, client_id, content, bytes, sent_at)
        select c.id, 100000 + n, 100000 + n, 'main', gen_random_uuid(), '{}', n::text, '{}', 1, now()
          from unnest(array['${channelIds.join("','")}']::uuid[]) as c (id), generate_series(1, 500) as n;
    `);
      const before = await tuplesRead();
      await append();
      expect((await tuplesRead()) - before).toBeLessThan(1_000);
    });
  },
);

test('a message with text that PostgreSQL refuses is a fault of the sender', async () => {
  await using database = await freshDatabase({ schema: 'chat', migrations });
  const log = logInPostgres(database);
  await expect(log.append([log.prepare(aDraft({ raw: 'a\0b' }))])).rejects.toMatchObject({ code: 'invalid' });
});
