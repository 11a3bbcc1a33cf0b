import type { AccountId, DeliveryState } from '@parley/contracts';
import { type Database, query } from '@parley/postgres';
import type { Places } from './places.js';

interface InboxRow {
  readonly after: string;
  readonly head: string;
  readonly acknowledges: boolean;
}

interface AcknowledgedRow {
  readonly ordinal: number;
  readonly acknowledged: number;
}

interface StateRow {
  readonly account_id: AccountId;
  readonly state: DeliveryState;
  readonly sent_at: Date;
}

export const placesInPostgres = (database: Database): Places => ({
  resume: (owner, bounds) =>
    query(database, 'inbox_resume', async (knex) => {
      const { rows } = await knex.raw<{ rows: InboxRow[] }>(resumeSql, {
        ...owner,
        ...bounds,
        keptMs: bounds.keptMs ?? null,
      });
      const [inbox] = rows;
      if (!inbox) return { after: 0, head: 0, acknowledges: false };
      return { after: Number(inbox.after), head: Number(inbox.head), acknowledges: inbox.acknowledges };
    }),
  awaiting: (owner, within) =>
    query(database, 'inbox_awaiting', async (knex) => {
      const { rows } = await knex.raw<{ rows: { sequence: string }[] }>(awaitingSql, {
        ...owner,
        ...within,
        keptMs: within.keptMs ?? null,
      });
      return rows.map(({ sequence }) => Number(sequence));
    }),
  advance: (realm, places) =>
    query(database, 'inbox_advance', async (knex) => {
      const given = places.map(({ accountId, sequence, awaiting }) => ({ account_id: accountId, sequence, awaiting }));
      await knex.raw('select chat.advance_places(:realm, cast(:places as jsonb))', {
        realm,
        places: JSON.stringify(given),
      });
    }),
  acknowledge: (group) =>
    query(database, 'inbox_acknowledge', async (knex) => {
      const asked = group.map(({ realm, accountId, references }) => ({
        realm,
        account_id: accountId,
        refs: references,
      }));
      const { rows } = await knex.raw<{ rows: AcknowledgedRow[] }>(
        'select * from chat.acknowledge_messages(cast(:asked as jsonb))',
        { asked: JSON.stringify(asked) },
      );
      const counts = new Map(rows.map(({ ordinal, acknowledged }) => [ordinal, acknowledged]));
      return group.map((_one, index) => counts.get(index + 1) ?? 0);
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

const since = `coalesce(clock_timestamp() - cast(:keptMs as double precision) * interval '1 ms', cast(:since as timestamptz))`;

const resumeSql = `
  select * from chat.resume_inbox(:accountId, :realm, cast(:countMax as integer), cast(:bytesMax as bigint), ${since})`;

const awaitingSql = `
  select i.sequence from chat.inbox i
    join chat.entries e on e.channel_id = i.channel_id and e.sequence = i.entry_sequence
    where i.account_id = :accountId and i.realm = :realm and i.awaiting and i.sequence > :after and i.sequence <= :upTo
      and e.sent_at >= ${since}
    order by i.sequence limit :limit`;

const isReferred = `e.client_id like '%/%' and e.realm = :realm and split_part(e.client_id, '/', 1)`;
/** The recipient's row, not the copy in the sender's own inbox. */
const toReader = `i.channel_id = e.channel_id and i.entry_sequence = e.sequence
  and (i.account_id <> e.sender_id or jsonb_array_length(e.inbox) = 1)`;
const inboxRows = `jsonb_to_recordset(e.inbox) as p ("accountId" uuid, sequence bigint)
  join chat.inbox i on i.account_id = p."accountId" and i.sequence = p.sequence`;

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
