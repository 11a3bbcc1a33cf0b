import { type ChannelKind, type ImportedMessage, type ImportedReaction, notFound } from '@parley/contracts';
import { type Database, importLedger } from '@parley/postgres';
import type { Knex } from 'knex';
import { refuseForeignContent } from '../domain/message.js';
import type { MessageImports } from './imports.js';

export const importsInPostgres = (database: Database): MessageImports => {
  const ledger = importLedger(database);
  return {
    begin: (wanted) => ledger.begin(wanted, (tx) => isEmpty(tx, wanted.realm)),
    addStreams: (key, channels) =>
      ledger.add(key, 'import_streams', async (tx) => {
        const values = { rows: JSON.stringify(channels), realm: key.realm };
        return (await tx.raw<{ rowCount: number }>(insertStreams, values)).rowCount;
      }),
    addMessages: (key, messages, readBySender) =>
      ledger.add(key, 'import_messages', (tx) => append(tx, key.realm, messages, readBySender)),
    addReactions: (key, reactions) =>
      ledger.add(key, 'import_reactions', (tx) => appendReactions(tx, key.realm, reactions)),
    addReceipts: (key, receipts) =>
      ledger.add(key, 'import_receipts', async (tx) => {
        const values = { rows: JSON.stringify(receipts), realm: key.realm };
        return (await tx.raw<{ rowCount: number }>(insertReceipts, values)).rowCount;
      }),
    finish: (key) => ledger.finish(key),
  };
};

const isEmpty = async (tx: Knex, realm: string): Promise<boolean> => {
  const { rows } = await tx.raw<{ rows: unknown[] }>('select from chat.streams where realm = :realm limit 1', {
    realm,
  });
  return rows.length === 0;
};

const insertStreams = `
  insert into chat.streams (channel_id, realm, kind, number, slug, title, membership_version)
  select c.id, :realm, c.kind, c.number, c.slug, c.title, c."membershipVersion"
    from jsonb_to_recordset(:rows::jsonb)
      as c (id uuid, kind text, number integer, slug text, title text, "membershipVersion" integer)
  on conflict do nothing`;

const insertReceipts = `
  insert into chat.receipts as r (account_id, channel_id, realm, sequence, delivered)
  select g."accountId", g."channelId", :realm, max(e.sequence), max(e.sequence)
    from jsonb_to_recordset(:rows::jsonb) as g ("accountId" uuid, "channelId" uuid, "messageId" uuid)
    join chat.entries e on e.id = g."messageId" and e.channel_id = g."channelId" and e.realm = :realm
    group by g."accountId", g."channelId"
  on conflict (account_id, channel_id) do update
    set sequence = excluded.sequence, delivered = greatest(r.delivered, excluded.delivered)
    where r.sequence < excluded.sequence`;

/** Locks as append_messages does: streams first, then inboxes, each by id. */
const append = async (
  tx: Knex.Transaction,
  realm: string,
  messages: readonly ImportedMessage[],
  readBySender: boolean,
): Promise<{ added: number; numbers: number[] }> => {
  // Estimates of rows from JSON are far too high for compiling to pay.
  await tx.raw('set local jit = off');
  const kinds = await lockStreams(tx, realm, [...new Set(messages.map(({ channelId }) => channelId))]);
  for (const { channelId, content } of messages) {
    const kind = kinds.get(channelId);
    if (kind === undefined) throw notFound('channel');
    refuseForeignContent(content, kind);
  }
  const accountIds = [...new Set(messages.flatMap(({ participants }) => participants))];
  if (accountIds.length > 0) await tx.raw(lockInboxes, { realm, accountIds });
  const rows = messages.map((message) => ({ ...message, bytes: bytesOf(message) }));
  const { rows: appended } = await tx.raw<{ rows: AppendedRow[] }>(appendMessages, {
    rows: JSON.stringify(rows),
    realm,
    readBySender,
  });
  return {
    added: appended.filter(({ is_new }) => is_new).length,
    numbers: appended.map(({ number }) => Number(number)),
  };
};

interface AppendedRow {
  readonly number: string;
  readonly is_new: boolean;
}

const lockStreams = async (tx: Knex, realm: string, ids: readonly string[]): Promise<Map<string, ChannelKind>> => {
  const { rows } = await tx.raw<{ rows: { channel_id: string; kind: ChannelKind }[] }>(
    `select channel_id, kind from chat.streams
     where channel_id = any (:ids::uuid[]) and realm = :realm order by channel_id for update`,
    { realm, ids },
  );
  return new Map(rows.map(({ channel_id: id, kind }) => [id, kind]));
};

const lockInboxes = `
  with made as (
    insert into chat.inboxes (account_id, realm) select a, :realm from unnest(:accountIds::uuid[]) a order by a
    on conflict do nothing
  )
  select from chat.inboxes where account_id = any (:accountIds::uuid[]) order by account_id for update`;

/** What the store adds (number and sequence) is shorter than this, so the length of the message as JSON is never more. */
const addedBytesMax = 200;
const bytesOf = (message: ImportedMessage): number => Buffer.byteLength(JSON.stringify(message)) + addedBytesMax;

const appendMessages = `
  with input as materialized (
    select m.* from rows from (
      jsonb_to_recordset(:rows::jsonb) as (
        id uuid, "channelId" uuid, sender jsonb, "clientId" text, content jsonb, raw text, "sentAt" timestamptz,
        participants jsonb, bytes integer
      )
    ) with ordinality as m (id, channel_id, sender, client_id, content, raw, sent_at, participants, bytes, ordinal)
  ),
  known as materialized (
    select i.ordinal, e.number from input i join chat.entries e on e.id = i.id
  ),
  fresh as materialized (
    select * from input where ordinal not in (select ordinal from known)
  ),
  numbered as materialized (
    select f.*, s.head + row_number() over (partition by f.channel_id order by f.ordinal) as sequence, s.uncounted
      from fresh f join chat.streams s on s.channel_id = f.channel_id
  ),
  position_of as materialized (
    select f.ordinal, p.account_id, b.head + row_number() over (partition by p.account_id order by f.ordinal) as sequence
      from fresh f
      cross join lateral (select distinct a::uuid as account_id from jsonb_array_elements_text(f.participants) a) p
      join chat.inboxes b on b.account_id = p.account_id
  ),
  positions as materialized (
    select p.ordinal, jsonb_agg(jsonb_build_object('accountId', p.account_id, 'sequence', p.sequence) order by p.account_id) as inbox
      from position_of p group by p.ordinal
  ),
  inserted as (
    insert into chat.entries as e
        (channel_id, sequence, message_sequence, id, realm, sender_id, sender, client_id, content, raw, inbox, bytes, sent_at)
      select n.channel_id, n.sequence, n.sequence, n.id, :realm, (n.sender ->> 'id')::uuid, n.sender, n.client_id, n.content, n.raw, p.inbox,
             n.bytes, n.sent_at
        from numbered n left join positions p on p.ordinal = n.ordinal
        order by n.ordinal
      returning e.id, e.number
  ),
  formed as (
    insert into chat.messages (channel_id, in_channel, sequence, ordinal)
      select channel_id, true, sequence, sequence - uncounted from numbered
  ),
  moved as (
    update chat.streams s set head = s.head + m.taken
      from (select channel_id, count(*) as taken from fresh group by channel_id) m
      where s.channel_id = m.channel_id
  ),
  filed as (
    insert into chat.inbox (account_id, sequence, realm, channel_id, entry_sequence)
      select p.account_id, p.sequence, :realm, n.channel_id, n.sequence
        from position_of p join numbered n on n.ordinal = p.ordinal
  ),
  moved_inboxes as (
    update chat.inboxes b set head = b.head + m.taken, delivered_sequence = b.head + m.taken
      from (select account_id, count(*) as taken from position_of group by account_id) m
      where b.account_id = m.account_id
  ),
  read as (
    insert into chat.receipts as r (account_id, channel_id, realm, sequence, delivered)
      select account_id, channel_id, :realm, max(sequence), max(sequence) from (
        select p.account_id, n.channel_id, n.sequence from position_of p join numbered n on n.ordinal = p.ordinal
        union all
        select (n.sender ->> 'id')::uuid, n.channel_id, n.sequence from numbered n where :readBySender
      ) known_to group by account_id, channel_id order by account_id, channel_id
      on conflict (account_id, channel_id) do update
        set sequence = greatest(r.sequence, excluded.sequence), delivered = greatest(r.delivered, excluded.delivered)
  ),
  answer as (
    select n.ordinal, i.number, true as is_new from numbered n join inserted i on i.id = n.id
    union all
    select k.ordinal, k.number, false from known k
  )
  select number, is_new from answer order by ordinal`;

/** Locks as append_entries does, which numbers changes by the same function. */
const appendReactions = async (
  tx: Knex.Transaction,
  realm: string,
  reactions: readonly ImportedReaction[],
): Promise<number> => {
  await lockStreams(tx, realm, [...new Set(reactions.map(({ channelId }) => channelId))]);
  const { rows } = await tx.raw<{ rows: { repeated: boolean | null; fault: string | null }[] }>(appendChanges, {
    rows: JSON.stringify(reactions),
    realm,
  });
  return rows.filter(({ fault, repeated }) => fault === null && repeated === false).length;
};

// In the order of the rows, because a message shows its emoji by the first reaction with each. Times of a stream rise with its sequences, so a
// reaction is not older than the entry before it: one of these rows, or what the stream had before them.
const appendChanges = `
  with input as materialized (
    select s.realm, s.channel_id, s.number, s.slug, s.title, s.membership_version, o.sequence, g.sender, g.client_id, g.emoji,
           max(g.reacted_at) over (partition by s.channel_id order by g.ordinal) as reacted_at
      from rows from (
        jsonb_to_recordset(:rows::jsonb) as (
          "channelId" uuid, "messageId" uuid, sender jsonb, "clientId" text, emoji text, "reactedAt" timestamptz
        )
      ) with ordinality as g (channel_id, message_id, sender, client_id, emoji, reacted_at, ordinal)
      join chat.streams s on s.channel_id = g.channel_id and s.realm = :realm
      join chat.entries o on o.id = g.message_id and o.channel_id = g.channel_id
      order by g.ordinal
  )
  select c.fault, c.repeated
    from input i
    cross join lateral chat.append_change(
      jsonb_build_object(
        'kind', 'reaction.added', 'realm', i.realm, 'channel_id', i.channel_id, 'message_sequence', i.sequence,
        'sender_id', i.sender ->> 'id', 'sender', i.sender, 'client_id', i.client_id, 'emoji', i.emoji,
        'channel', jsonb_build_object(
          'number', i.number, 'slug', i.slug, 'title', i.title, 'membershipVersion', i.membership_version)
      ),
      greatest(i.reacted_at, (
        select l.sent_at from chat.entries l where l.channel_id = i.channel_id order by l.sequence desc limit 1
      ))
    ) c`;
