import type { AccountId, DeliveryState } from '@parley/contracts';
import { type Database, query, transact } from '@parley/postgres';
import type { Places } from './places.js';

interface InboxRow {
  readonly place: string;
  readonly head: string;
  readonly acknowledges: boolean;
}

interface StateRow {
  readonly account_id: AccountId;
  readonly state: DeliveryState;
  readonly sent_at: Date;
}

export const placesInPostgres = (database: Database): Places => ({
  resume: (owner, bounds) =>
    transact(database, 'inbox_resume', async (tx) => {
      const { rows } = await tx.raw<{ rows: InboxRow[] }>(lockSql, { ...owner });
      const [inbox] = rows;
      if (!inbox) return { after: 0, head: 0, acknowledges: false };
      const { place, head, acknowledges } = inbox;
      const found = await tx.raw<{ rows: { after: string | null }[] }>(beyondSql, { ...owner, ...bounds, place });
      const after = Number(found.rows[0]?.after ?? place);
      if (after > Number(place)) await tx.raw(skipSql, { ...owner, place, after });
      return { after, head: Number(head), acknowledges };
    }),
  awaiting: (owner, within) =>
    query(database, 'inbox_awaiting', async (knex) => {
      const { rows } = await knex.raw<{ rows: { sequence: string }[] }>(awaitingSql, { ...owner, ...within });
      return rows.map(({ sequence }) => Number(sequence));
    }),
  advance: (realm, places) =>
    transact(database, 'inbox_advance', async (tx) => {
      const given = JSON.stringify(
        places.map(({ accountId, sequence, awaiting }) => ({ account_id: accountId, sequence, awaiting })),
      );
      await tx.raw(advanceSql, { realm, places: given });
      if (places.some(({ awaiting }) => awaiting.length > 0)) await tx.raw(awaitSql, { realm, places: given });
    }),
  acknowledge: (owner, references) =>
    transact(database, 'inbox_acknowledge', async (tx) => {
      // First the inbox, then its rows: the order of everybody who needs both.
      await tx.raw(lockSql, { ...owner });
      const { rows } = await tx.raw<{ rows: { sequence: string }[] }>(acknowledgeSql, { ...owner, references });
      const sequence = Math.max(0, ...rows.map((row) => Number(row.sequence)));
      if (sequence > 0) await tx.raw(acknowledgesSql, { ...owner, sequence });
      return rows.length;
    }),
  skip: (owner) =>
    transact(database, 'inbox_skip', async (tx) => {
      const { rows } = await tx.raw<{ rows: InboxRow[] }>(lockSql, { ...owner });
      const [inbox] = rows;
      if (!inbox) return;
      await tx.raw(skipSql, { ...owner, place: inbox.place, after: inbox.head });
      await tx.raw('update chat.inbox set awaiting = false where account_id = :accountId and awaiting', { ...owner });
      await tx.raw('update chat.inboxes set acknowledges = false where account_id = :accountId', { ...owner });
    }),
  states: (owner, reference) =>
    query(database, 'message_states', async (knex) => {
      const { rows } = await knex.raw<{ rows: StateRow[] }>(statesSql, { ...owner, reference });
      return rows.map((row) => ({ accountId: row.account_id, state: row.state, sentAt: row.sent_at.toISOString() }));
    }),
  undelivered: (owner, of, limit) =>
    query(database, 'inbox_undelivered', async (knex) => {
      const { rows } = await knex.raw<{ rows: { sequence: string }[] }>(undeliveredSql, { ...owner, of, limit });
      return rows.map(({ sequence }) => ({ sequence: Number(sequence) }));
    }),
});

const lockSql = `
  select place, head, acknowledges from chat.inboxes where account_id = :accountId and realm = :realm for update`;

// The newest first, until one of the bounds is met: that one and all before it are beyond.
const beyondSql = `
  select max(sequence) as after from (
    select i.sequence, e.sent_at, row_number() over w as count, sum(e.bytes) over w as bytes
      from (
        select * from chat.inbox where account_id = :accountId and sequence > :place
          order by sequence desc limit cast(:countMax as integer) + 1
      ) i
      join chat.entries e on e.channel_id = i.channel_id and e.sequence = i.entry_sequence
      window w as (order by i.sequence desc)
  ) newest
  where count > :countMax or bytes > :bytesMax or sent_at < cast(:since as timestamptz)`;

const skipSql = `
  with skipped as (
    update chat.inbox set skipped_at = now()
      where account_id = :accountId and sequence > :place and sequence <= :after
  )
  update chat.inboxes set place = :after where account_id = :accountId and realm = :realm`;

const awaitingSql = `
  select i.sequence from chat.inbox i
    join chat.entries e on e.channel_id = i.channel_id and e.sequence = i.entry_sequence
    where i.account_id = :accountId and i.realm = :realm and i.awaiting and i.sequence <= :after
      and e.sent_at >= cast(:since as timestamptz)
    order by i.sequence limit :limit`;

// In the order in which appending locks them.
const advanceSql = `
  with given as (
    select p.account_id, max(p.sequence) as sequence
      from jsonb_to_recordset(cast(:places as jsonb)) as p (account_id uuid, sequence bigint) group by p.account_id
  ),
  locked as (
    select b.account_id, g.sequence from chat.inboxes b join given g on g.account_id = b.account_id
      where b.realm = :realm order by b.account_id for update of b
  )
  update chat.inboxes b set place = greatest(b.place, l.sequence) from locked l where b.account_id = l.account_id`;

const awaitSql = `
  update chat.inbox i set awaiting = true
    from jsonb_to_recordset(cast(:places as jsonb)) as p (account_id uuid, awaiting jsonb), jsonb_array_elements_text(p.awaiting) s
    where i.account_id = p.account_id and i.sequence = s::bigint and i.realm = :realm and i.acknowledged_at is null`;

const isReferred = `e.client_id like '%/%' and e.realm = :realm and split_part(e.client_id, '/', 1)`;
/** The row of who is to read it, not the copy in its sender's own inbox. */
const toReader = `i.channel_id = e.channel_id and i.entry_sequence = e.sequence
  and (i.account_id <> e.sender_id or jsonb_array_length(e.inbox) = 1)`;
const inboxRows = `jsonb_to_recordset(e.inbox) as p ("accountId" uuid, sequence bigint)
  join chat.inbox i on i.account_id = p."accountId" and i.sequence = p.sequence`;

const acknowledgeSql = `
  update chat.inbox i set awaiting = false, acknowledged_at = coalesce(i.acknowledged_at, now())
    from chat.entries e, jsonb_to_recordset(e.inbox) as p ("accountId" uuid, sequence bigint)
    where ${isReferred} = any (:references) and ${toReader} and i.account_id = :accountId
      and p."accountId" = i.account_id and p.sequence = i.sequence
    returning i.sequence`;

// What it has, it was given, and everything before it: its gateway may say so later than the device comes back.
const acknowledgesSql = `
  update chat.inboxes set acknowledges = true, place = greatest(place, :sequence)
    where account_id = :accountId and realm = :realm and (not acknowledges or place < :sequence)`;

const statesSql = `
  select i.account_id, e.sent_at, case
      when i.acknowledged_at is not null then 'acknowledged'
      when i.skipped_at is not null then 'skipped'
      when i.sequence <= b.place then 'delivered'
      else 'pending'
    end as state
    from chat.entries e cross join lateral (select i.* from ${inboxRows} where ${toReader}) i
    join chat.inboxes b on b.account_id = i.account_id
    where ${isReferred} = :reference and (e.sender_id = :accountId or i.account_id = :accountId)
    order by e.sent_at desc, e.sequence desc limit 20`;

const undeliveredSql = `
  select i.sequence from chat.inbox i
    join chat.inboxes b on b.account_id = i.account_id
    join chat.entries e on e.channel_id = i.channel_id and e.sequence = i.entry_sequence
    where i.account_id = :of and i.realm = :realm and ${toReader}
      and (i.account_id = :accountId or e.sender_id = :accountId)
      and i.skipped_at is null and (i.sequence > b.place or (i.awaiting and b.acknowledges))
    order by i.sequence limit :limit`;
