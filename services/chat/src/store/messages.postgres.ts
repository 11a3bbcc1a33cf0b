import type { AccountId, AccountSummary, ChannelId, Content, MessageId } from '@parley/contracts';
import { type Database, query } from '@parley/postgres';
import { type MessageRow, everybody, formOf, messageColumns, messageFromRow } from './message-row.js';
import type { Located, Messages } from './messages.js';
import { readPage } from './page.postgres.js';

export const messagesInPostgres = (database: Database): Messages => ({
  locate: async (realm, reference) => {
    const [column, value] = 'number' in reference ? ['number', reference.number] : ['id', reference.messageId];
    const { rows } = await query(database, 'locate_message', (knex) =>
      knex.raw<{ rows: LocatedRow[] }>(locateSql, { column: `e.${column}`, value, realm }),
    );
    return rows[0] === undefined ? null : locatedFromRow(rows[0]);
  },
  get: async ({ channelId, sequence }, reader) => {
    const { rows } = await query(database, 'get_message', (knex) =>
      knex.raw<{ rows: MessageRow[] }>(getSql, { channelId, sequence, reader }),
    );
    return rows[0] === undefined ? null : messageFromRow(rows[0]);
  },
  list: (range) => readPage(database, range),
  versions: async ({ channelId, sequence }) => {
    const { rows } = await query(database, 'message_versions', (knex) =>
      knex.raw<{ rows: VersionRow[] }>(versionsSql, { channelId, sequence }),
    );
    return rows.map(({ content, actor, at }) => ({ content, actor, at: at.toISOString() }));
  },
  reactions: async ({ channelId, sequence }, emoji) => {
    const { rows } = await query(database, 'message_reactions', (knex) =>
      knex.raw<{ rows: { emoji: string; account_id: AccountId }[] }>(reactionsSql, { channelId, sequence, emoji }),
    );
    return rows.map((row) => ({ emoji: row.emoji, accountId: row.account_id }));
  },
  pins: async (channelId, reader) => {
    const { rows } = await query(database, 'pinned_messages', (knex) =>
      knex.raw<{ rows: MessageRow[] }>(pinsSql, { channelId, reader }),
    );
    return rows.map(messageFromRow);
  },
  mentions: async ({ channelId = null, before = Number.MAX_SAFE_INTEGER, ...question }) => {
    const { rows } = await query(database, 'mentions', (knex) =>
      knex.raw<{ rows: MessageRow[] }>(mentionsSql, { ...question, channelId, before, everybody }),
    );
    return rows.map(messageFromRow);
  },
  threadPosition: async ({ channelId, sequence }, accountId) => {
    const { rows } = await query(database, 'thread_position', (knex) =>
      knex.raw<{ rows: { read: string; unread: string }[] }>(threadPositionSql, { channelId, sequence, accountId }),
    );
    return { read: Number(rows[0]?.read ?? 0), unread: Number(rows[0]?.unread ?? 0) };
  },
  recordThread: (root, accountId, sequence) =>
    query(database, 'record_thread', async (knex) => {
      const { channelId, sequence: rootSequence } = root;
      await knex.raw(recordThreadSql, { channelId, rootSequence, accountId, sequence });
    }),
});

interface LocatedRow {
  readonly channel_id: ChannelId;
  readonly sequence: string;
  readonly id: MessageId;
  readonly sender_id: AccountId;
  readonly thread_root: MessageId | null;
  readonly root_sequence: string | null;
}

interface VersionRow {
  readonly content: Content;
  readonly actor: AccountSummary;
  readonly at: Date;
}

const locatedFromRow = (row: LocatedRow): Located => ({
  channelId: row.channel_id,
  sequence: Number(row.sequence),
  id: row.id,
  senderId: row.sender_id,
  threadRoot:
    row.thread_root === null || row.root_sequence === null
      ? null
      : { id: row.thread_root, sequence: Number(row.root_sequence) },
});

const locateSql = `
  select e.channel_id, e.sequence, e.id, e.sender_id, m.thread_root, m.root_sequence
    from chat.entries e join chat.messages m on ${formOf('m', 'e.channel_id', 'e.sequence')}
    where :column: = :value and e.realm = :realm and e.kind = 'message'`;

const columns = messageColumns({ reader: 'cast(:reader as uuid)' });

const getSql = `
  select ${columns}
    from chat.entries e join chat.messages m on ${formOf('m', 'e.channel_id', 'e.sequence')}
    where e.channel_id = :channelId and e.sequence = :sequence`;

const versionsSql = `
  select v.content, v.actor, v.at from (
    select v.version, v.content, v.actor, v.at from chat.message_versions v
      where v.channel_id = :channelId and v.sequence = :sequence
    union all
    select m.edits + 1, e.content, e.sender, coalesce(m.edited_at, e.sent_at)
      from chat.entries e join chat.messages m on ${formOf('m', 'e.channel_id', 'e.sequence')}
      where e.channel_id = :channelId and e.sequence = :sequence and m.deleted_at is null
  ) v
  order by v.version`;

// A message has few kinds of emoji and may have thousands of reactions: one range of the primary key, bounded.
const reactionsSql = `
  select emoji, account_id from chat.reactions
    where channel_id = :channelId and sequence = :sequence and (:emoji::text is null or emoji = :emoji)
    order by entry_sequence, emoji, account_id limit 500`;

const pinsSql = `
  select ${columns}
    from chat.messages m join chat.entries e on e.channel_id = m.channel_id and e.sequence = m.sequence
    where m.channel_id = :channelId and m.pinned_sequence is not null
    order by m.pinned_sequence desc limit 100`;

const mentionsSql = `
  with found as (
    (
      select n.number, n.channel_id, n.sequence from chat.mentions n
        where n.account_id = :accountId and n.number < :before
          and (cast(:channelId as uuid) is null or n.channel_id = cast(:channelId as uuid))
        order by n.number desc limit :limit
    )
    union
    (
      select n.number, n.channel_id, n.sequence from chat.mentions n
        where n.account_id = :everybody and n.number < :before
          and (cast(:channelId as uuid) is null or n.channel_id = cast(:channelId as uuid))
          and exists (select from chat.receipts r where r.account_id = :accountId and r.channel_id = n.channel_id)
        order by n.number desc limit :limit
    )
    order by number desc limit :limit
  )
  select ${messageColumns({ reader: 'cast(:accountId as uuid)' })}
    from found f
    join chat.entries e on e.channel_id = f.channel_id and e.sequence = f.sequence and e.realm = :realm
    join chat.messages m on ${formOf('m', 'f.channel_id', 'f.sequence')}
    order by e.number desc`;

const lastReply = `
  select l.sequence, l.thread_ordinal from chat.messages l
    where l.channel_id = :channelId and l.root_sequence = cast(:sequence as bigint)`;

const threadPositionSql = `
  select coalesce(r.sequence, 0) as read, coalesce(newest.thread_ordinal, 0) - coalesce(seen.thread_ordinal, 0) as unread
    from (select 1) as always
    left join chat.thread_receipts r
      on r.channel_id = :channelId and r.root_sequence = :sequence and r.account_id = :accountId
    left join lateral (${lastReply} order by l.sequence desc limit 1) newest on true
    left join lateral (${lastReply} and l.sequence <= r.sequence order by l.sequence desc limit 1) seen on true`;

const recordThreadSql = `
  insert into chat.thread_receipts as r (channel_id, root_sequence, account_id, sequence)
    select :channelId, :rootSequence, :accountId, least(cast(:sequence as bigint), max(m.sequence))
      from (
        select m.sequence from chat.messages m
          where m.channel_id = :channelId and m.root_sequence = :rootSequence order by m.sequence desc limit 1
      ) m
      having max(m.sequence) is not null
  on conflict (channel_id, root_sequence, account_id) do update set sequence = greatest(r.sequence, excluded.sequence)`;
