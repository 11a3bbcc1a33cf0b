import type { ChannelId } from '@parley/contracts';
import { type Database, query } from '@parley/postgres';
import { type MessageRow, everybody, formBytes, messageColumns, messageFromRow } from './message-row.js';
import type { HeadOf, Streams, Summary } from './streams.js';

export const streamsInPostgres = (database: Database): Streams => ({
  channelHeads: async (realm, ids) => {
    if (ids.length === 0) return [];
    const { rows } = await query(database, 'channel_heads', (knex) =>
      knex.raw<{ rows: HeadRow[] }>(
        'select channel_id as id, head, floor from chat.streams where channel_id = any (?) and realm = ?',
        [[...ids], realm],
      ),
    );
    return inOrder(ids, rows);
  },
  inboxHeads: async (realm, ids) => {
    if (ids.length === 0) return [];
    const { rows } = await query(database, 'inbox_heads', (knex) =>
      knex.raw<{ rows: HeadRow[] }>(
        'select account_id as id, head, floor from chat.inboxes where account_id = any (?) and realm = ?',
        [[...ids], realm],
      ),
    );
    return inOrder(ids, rows);
  },
  summaries: async ({ realm, accountId, channelIds, bytesMax }) => {
    if (channelIds.length === 0) return [];
    const { rows } = await query(database, 'summaries', (knex) =>
      knex.raw<{ rows: SummaryRow[] }>(summariesSql, {
        realm,
        accountId,
        channelIds,
        bytesMax,
        everybody,
        mentionsMax,
      }),
    );
    return rows.map(summaryFromRow);
  },
});

interface HeadRow {
  readonly id: string;
  readonly head: string;
  readonly floor: string;
}

const inOrder = <Id extends string>(ids: readonly Id[], rows: readonly HeadRow[]): HeadOf<Id>[] => {
  const byId = new Map(rows.map((row) => [row.id, row]));
  return ids.map((id) => {
    const row = byId.get(id);
    return { id, head: Number(row?.head ?? 0), floor: Number(row?.floor ?? 0) };
  });
};

interface SummaryRow extends MessageRow {
  readonly asked_id: ChannelId;
  readonly head: string;
  readonly read: string;
  readonly unread: string;
  readonly mention_count: string;
  readonly has_last: boolean;
}

const mentionsMax = 100;

// The running total uses only the key index of entries; a message is fetched only when the response still has room for it. Unread is a
// subtraction: the messages of the channel less the ordinal of the last one that was read, or of the last one that retention removed.
// Mentions are those of unread messages, so replies that only their thread shows are no part of either.
const summariesSql = `
  with asked as (
    select a.channel_id, a.position, coalesce(s.head, 0) as head, coalesce(s.head - s.uncounted, 0) as messages,
           coalesce(r.sequence, 0) as read, l.sequence as last, sum(e.bytes + l.bytes) over (order by a.position) as total
      from unnest(cast(:channelIds as uuid[])) with ordinality as a (channel_id, position)
      left join chat.streams s on s.channel_id = a.channel_id and s.realm = :realm
      left join chat.receipts r on r.channel_id = s.channel_id and r.account_id = :accountId
      left join lateral (
        select m.sequence, ${formBytes()} as bytes from chat.messages m
          where m.channel_id = s.channel_id and m.in_channel
          order by m.sequence desc limit 1
      ) l on true
      left join lateral (
        select e.bytes from chat.entries e where e.channel_id = s.channel_id and e.sequence = l.sequence limit 1
      ) e on true
  )
  select a.channel_id as asked_id, a.head, a.read, e.sequence is not null as has_last,
         a.messages - coalesce(seen.ordinal, oldest.ordinal - 1, a.messages) as unread, n.mention_count,
         ${messageColumns({ reader: ':accountId' })}
    from asked a
    left join lateral (
      select * from chat.entries e
        where e.channel_id = a.channel_id and e.sequence = a.last and a.total <= :bytesMax limit 1
    ) e on true
    left join lateral (
      select * from chat.messages m where m.channel_id = a.channel_id and m.in_channel and m.sequence = e.sequence limit 1
    ) m on true
    left join lateral (
      select m.ordinal from chat.messages m
        where m.channel_id = a.channel_id and m.in_channel and m.sequence <= a.read order by m.sequence desc limit 1
    ) seen on true
    left join lateral (
      select m.ordinal from chat.messages m
        where m.channel_id = a.channel_id and m.in_channel and seen.ordinal is null order by m.sequence limit 1
    ) oldest on true
    cross join lateral (
      select count(distinct sequence) as mention_count from (
        select n.sequence from chat.mentions n
          where n.account_id in (:accountId, :everybody) and n.channel_id = a.channel_id and n.sequence > a.read
            and exists (
              select from chat.messages m where m.channel_id = n.channel_id and m.in_channel and m.sequence = n.sequence
            )
          limit :mentionsMax
      ) each
    ) n
    order by a.position`;

const summaryFromRow = (row: SummaryRow): Summary => ({
  channelId: row.asked_id,
  last: row.has_last ? messageFromRow(row) : null,
  unread: Number(row.unread),
  head: Number(row.head),
  mentions: Number(row.mention_count),
  read: Number(row.read),
});
