import type { ChannelId } from '@parley/contracts';
import { type Database, query } from '@parley/postgres';
import { type MessageRow, messageColumns, messageFromRow } from './message-row.js';
import type { HeadOf, Streams, Summary } from './streams.js';

/** Counting stops here: a larger number of unread messages is of no use to a client. */
const unreadMax = 1_000;

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
      knex.raw<{ rows: SummaryRow[] }>(summariesSql, { realm, accountId, channelIds, bytesMax, unreadMax }),
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
  readonly unread: string;
  readonly has_last: boolean;
}

// The running total uses only the key index; a message is fetched only when the response still has room for it.
const summariesSql = `
  with asked as (
    select a.channel_id, a.position, coalesce(s.head, 0) as head, coalesce(r.sequence, 0) as read, l.sequence as last,
           sum(l.bytes) over (order by a.position) as total
      from unnest(cast(:channelIds as uuid[])) with ordinality as a (channel_id, position)
      left join chat.streams s on s.channel_id = a.channel_id and s.realm = :realm
      left join chat.receipts r on r.channel_id = s.channel_id and r.account_id = :accountId
      left join lateral (
        select e.sequence, e.bytes from chat.entries e
          where e.channel_id = s.channel_id and e.kind = 'message'
          order by e.sequence desc limit 1
      ) l on true
  )
  select a.channel_id as asked_id, a.head, e.sequence is not null as has_last, u.unread, ${messageColumns('e')}
    from asked a
    left join chat.entries e on e.channel_id = a.channel_id and e.sequence = a.last and a.total <= :bytesMax
    cross join lateral (
      select count(*) as unread from (
        select n.sender_id from chat.entries n
          where n.channel_id = a.channel_id and n.sequence > a.read and n.sequence <= a.head and n.kind = 'message'
          order by n.sequence desc limit :unreadMax
      ) newest where newest.sender_id <> :accountId
    ) u
    order by a.position`;

const summaryFromRow = (row: SummaryRow): Summary => ({
  channelId: row.asked_id,
  last: row.has_last ? messageFromRow(row) : null,
  unread: Number(row.unread),
  head: Number(row.head),
});
