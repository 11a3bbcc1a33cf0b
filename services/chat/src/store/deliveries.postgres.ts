import type { AccountId, DeliveryState } from '@parley/contracts';
import { type Database, query } from '@parley/postgres';
import type { Deliveries } from './deliveries.js';

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

export const deliveriesInPostgres = (database: Database): Deliveries => ({
  resume: (owner, bounds) =>
    query(database, 'delivery_resume', async (knex) => {
      const { rows } = await knex.raw<{ rows: InboxRow[] }>(resumeSql, {
        ...owner,
        ...bounds,
        keptMs: bounds.keptMs ?? null,
      });
      const [inbox] = rows;
      if (!inbox) return { after: 0, head: 0, acknowledges: false };
      return { after: Number(inbox.after), head: Number(inbox.head), acknowledges: inbox.acknowledges };
    }),
  unacknowledged: (owner, within) =>
    query(database, 'delivery_unacknowledged', async (knex) => {
      const { rows } = await knex.raw<{ rows: { sequence: string }[] }>(unacknowledgedSql, {
        ...owner,
        ...within,
        keptMs: within.keptMs ?? null,
      });
      return rows.map(({ sequence }) => Number(sequence));
    }),
  advance: (realm, deliveries) =>
    query(database, 'delivery_advance', async (knex) => {
      const rows = deliveries.map(({ accountId, sequence, ackRequired }) => ({
        account_id: accountId,
        sequence,
        ack_required: ackRequired,
      }));
      await knex.raw('select chat.advance_deliveries(:realm, cast(:deliveries as jsonb))', {
        realm,
        deliveries: JSON.stringify(rows),
      });
    }),
  acknowledge: (group) =>
    query(database, 'delivery_acknowledge', async (knex) => {
      const acknowledgements = group.map(({ realm, accountId, references }) => ({
        realm,
        account_id: accountId,
        references,
      }));
      const { rows } = await knex.raw<{ rows: AcknowledgedRow[] }>(
        'select * from chat.acknowledge_deliveries(cast(:acknowledgements as jsonb))',
        { acknowledgements: JSON.stringify(acknowledgements) },
      );
      const counts = new Map(rows.map(({ ordinal, acknowledged }) => [ordinal, acknowledged]));
      return group.map((_one, index) => counts.get(index + 1) ?? 0);
    }),
  states: (owner, reference) =>
    query(database, 'delivery_states', async (knex) => {
      const { rows } = await knex.raw<{ rows: StateRow[] }>(statesSql, { ...owner, reference });
      return rows.map((row) => ({ accountId: row.account_id, state: row.state, sentAt: row.sent_at.toISOString() }));
    }),
  undelivered: (owner, of, limit) =>
    query(database, 'delivery_undelivered', async (knex) => {
      const { rows } = await knex.raw<{ rows: { sequence: string }[] }>(undeliveredSql, { ...owner, of, limit });
      return rows.map(({ sequence }) => ({ sequence: Number(sequence) }));
    }),
});

const since = `coalesce(clock_timestamp() - cast(:keptMs as double precision) * interval '1 ms', cast(:since as timestamptz))`;

const resumeSql = `
  select * from chat.resume_delivery(:accountId, :realm, cast(:countMax as integer), cast(:bytesMax as bigint), ${since})`;

const unacknowledgedSql = `
  select i.sequence from chat.inbox i
    join chat.entries e on e.channel_id = i.channel_id and e.sequence = i.entry_sequence
    where i.account_id = :accountId and i.realm = :realm and i.ack_required and i.sequence > :after and i.sequence <= :upTo
      and e.sent_at >= ${since}
    order by i.sequence limit :limit`;

/** The recipient's row, not the copy in the sender's own inbox. */
const toReader = `i.channel_id = e.channel_id and i.entry_sequence = e.sequence
  and (i.account_id <> e.sender_id or jsonb_array_length(e.inbox) = 1)`;
const inboxRows = `jsonb_to_recordset(e.inbox) as p ("accountId" uuid, sequence bigint)
  join chat.inbox i on i.account_id = p."accountId" and i.sequence = p.sequence`;

const statesSql = `
  select i.account_id, e.sent_at, case
      when i.acknowledged_at is not null then 'acknowledged'
      when i.skipped_at is not null then 'skipped'
      when i.sequence <= b.delivered_sequence then 'delivered'
      else 'pending'
    end as state
    from chat.entries e cross join lateral (select i.* from ${inboxRows} where ${toReader}) i
    join chat.inboxes b on b.account_id = i.account_id
    where e.reference = :reference and e.realm = :realm and (e.sender_id = :accountId or i.account_id = :accountId)
    order by e.sent_at desc, e.sequence desc limit 20`;

const undeliveredSql = `
  select i.sequence from chat.inbox i
    join chat.inboxes b on b.account_id = i.account_id
    join chat.entries e on e.channel_id = i.channel_id and e.sequence = i.entry_sequence
    where i.account_id = :of and i.realm = :realm and not i.is_change and ${toReader}
      and (i.account_id = :accountId or e.sender_id = :accountId)
      and i.skipped_at is null and (i.sequence > b.delivered_sequence or (i.ack_required and b.acknowledges))
    order by i.sequence limit :limit`;
