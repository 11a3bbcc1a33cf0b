import type { AccountId, ChannelId } from '@parley/contracts';
import { type Database, query } from '@parley/postgres';
import { type PositionRow, type StreamRow, snapshotFromRow, streamColumns } from './message-row.js';
import type { Receipts } from './receipts.js';

export const receiptsInPostgres = (database: Database): Receipts => ({
  record: async (realm, positions) => {
    if (positions.length === 0) return [];
    const asked = positions.map(({ accountId, channelId, read, delivered, shared }) => ({
      ...{ account_id: accountId, channel_id: channelId },
      ...{ read: read ?? 0, delivered: Math.max(delivered ?? 0, read ?? 0), shared: shared ?? null },
    }));
    const { rows } = await query(database, 'record_positions', (knex) =>
      knex.raw<{ rows: RecordedRow[] }>(recordSql, { realm, positions: JSON.stringify(asked) }),
    );
    return rows.map((row) => ({
      accountId: row.account_id,
      read: Number(row.read),
      delivered: Number(row.delivered),
      shared: row.shares ?? true,
      channel: snapshotFromRow(row),
      participants: row.inbox?.map(({ accountId }) => accountId) ?? [],
    }));
  },
  list: async ({ realm, channelId, at }) => {
    const { rows } = await query(database, 'list_receipts', (knex) =>
      knex.raw<{ rows: ListRow[] }>(listSql, { realm, channelId, at: at ?? null, positionsMax, countedMax }),
    );
    const [first] = rows;
    return {
      positions: rows
        .filter((row): row is ListRow & { account_id: AccountId } => row.account_id !== null)
        .map((row) => ({ accountId: row.account_id, read: Number(row.read), delivered: Number(row.delivered) })),
      total: Number(first?.total ?? 0),
      counts: at === undefined ? null : { read: Number(first?.read_count), delivered: Number(first?.delivered_count) },
    };
  },
});

interface RecordedRow extends StreamRow {
  readonly account_id: AccountId;
  readonly channel_id: ChannelId;
  readonly read: string;
  readonly delivered: string;
  readonly shares: boolean | null;
  readonly inbox: PositionRow[] | null;
}

interface ListRow {
  readonly account_id: AccountId | null;
  readonly read: string;
  readonly delivered: string;
  readonly total: string;
  readonly read_count: string;
  readonly delivered_count: string;
}

const positionsMax = 100;
const countedMax = 10_000;

// A channel without a stream has no messages to read: no row is written. Rows are locked by account and channel, as append_entries does.
const recordSql = `
  with recorded as (
    insert into chat.receipts as r (account_id, channel_id, realm, sequence, delivered, shares)
      select p.account_id, s.channel_id, s.realm, least(p.read, s.head), least(p.delivered, s.head), p.shared
        from jsonb_to_recordset(cast(:positions as jsonb))
               as p (account_id uuid, channel_id uuid, read bigint, delivered bigint, shared boolean)
        join chat.streams s on s.channel_id = p.channel_id and s.realm = :realm
        order by p.account_id, s.channel_id
    on conflict (account_id, channel_id) do update
      set sequence = greatest(r.sequence, excluded.sequence),
          delivered = greatest(r.delivered, r.sequence, excluded.delivered),
          shares = coalesce(excluded.shares, r.shares)
    returning account_id, channel_id, sequence as read, delivered, shares
  )
  select r.*, l.inbox, ${streamColumns('s')}
    from recorded r
    join chat.streams s on s.channel_id = r.channel_id
    left join chat.entries l on s.kind = 'direct' and l.channel_id = s.channel_id and l.sequence = s.head`;

const listSql = `
  with known as materialized (
    select r.account_id, r.sequence as read, greatest(r.delivered, r.sequence) as delivered, r.shares from chat.receipts r
      where r.channel_id = :channelId and r.realm = :realm
      order by r.account_id limit :countedMax
  ),
  counted as (
    select count(*) as total, count(*) filter (where shares is not false and read >= cast(:at as bigint)) as read_count,
           count(*) filter (where shares is not false and delivered >= cast(:at as bigint)) as delivered_count
      from known
  )
  select c.*, k.account_id, k.read, k.delivered
    from counted c
    left join (select * from known where shares is not false order by account_id limit :positionsMax) k on true`;
