import type { Knex } from 'knex';

// The functions of delivery on the columns of 0007; those of 0005 stay for processes of the previous release. Each works in one round trip:
// a lock on an inbox that waits for its client between two statements would block every message to that account. All lock as
// append_messages does: inboxes first, by id; then their rows.
//
// Each statement of a VOLATILE function has a snapshot of its own, so what follows the lock sees all that its former holder committed.
// Why the settings: a plan may be made while the tables are still empty, and must never scan one. What remains is index lookups.
const asIndexLookups = `
    language plpgsql volatile
    set enable_seqscan = off
    set enable_hashjoin = off
    set enable_mergejoin = off
    set jit = off
    set plan_cache_mode = force_generic_plan
    as $$
    #variable_conflict use_column`;

export const up = async (knex: Knex): Promise<void> => {
  await knex.raw(`
    create function chat.acknowledge_deliveries(acknowledgements jsonb)
    returns table (ordinal integer, acknowledged integer)
    ${asIndexLookups}
    declare
      account_ids uuid[];
    begin
      select array_agg(distinct (a ->> 'account_id')::uuid) into account_ids from jsonb_array_elements(acknowledgements) a;
      perform from chat.inboxes b where b.account_id = any (account_ids) order by b.account_id for update;
      return query
      with requested as materialized (
        select m.ordinal, m.realm, m.account_id, r.reference from rows from (
          jsonb_to_recordset(acknowledgements) as (realm text, account_id uuid, "references" text[])
        ) with ordinality as m (realm, account_id, "references", ordinal), unnest(m."references") as r (reference)
      ),
      found as materialized (
        select g.ordinal, i.account_id, i.sequence
          from requested g
          join chat.entries e on e.reference = g.reference and e.realm = g.realm
          cross join lateral jsonb_to_recordset(e.inbox) as p ("accountId" uuid, sequence bigint)
          join chat.inbox i on i.account_id = p."accountId" and i.sequence = p.sequence
          where p."accountId" = g.account_id and i.channel_id = e.channel_id and i.entry_sequence = e.sequence
            and (i.account_id <> e.sender_id or jsonb_array_length(e.inbox) = 1)
      ),
      marked as (
        update chat.inbox i set ack_required = false, acknowledged_at = coalesce(i.acknowledged_at, now())
          from (select distinct account_id, sequence from found) f
          where i.account_id = f.account_id and i.sequence = f.sequence
      ),
      moved as (
        -- What it has was delivered, and everything before it: its gateway may report that later than the device comes back.
        update chat.inboxes b set acknowledges = true, delivered_sequence = greatest(b.delivered_sequence, f.sequence)
          from (select account_id, max(sequence) as sequence from found group by account_id) f
          where b.account_id = f.account_id and (not b.acknowledges or b.delivered_sequence < f.sequence)
      )
      select f.ordinal::integer, count(distinct f.sequence)::integer from found f group by f.ordinal;
    end
    $$;

    create function chat.advance_deliveries(of_realm text, deliveries jsonb)
    returns void
    ${asIndexLookups}
    declare
      account_ids uuid[];
    begin
      select array_agg(distinct (p ->> 'account_id')::uuid) into account_ids from jsonb_array_elements(deliveries) p;
      perform from chat.inboxes b
        where b.account_id = any (account_ids) and b.realm = of_realm order by b.account_id for update;
      update chat.inboxes b set delivered_sequence = g.sequence
        from (
          select p.account_id, max(p.sequence) as sequence
            from jsonb_to_recordset(deliveries) as p (account_id uuid, sequence bigint) group by p.account_id
        ) g
        where b.account_id = g.account_id and b.realm = of_realm and b.delivered_sequence < g.sequence;
      update chat.inbox i set ack_required = true
        from jsonb_to_recordset(deliveries) as p (account_id uuid, ack_required jsonb), jsonb_array_elements_text(p.ack_required) s
        where i.account_id = p.account_id and i.sequence = s::bigint and i.realm = of_realm
          and i.acknowledged_at is null and not i.ack_required;
    end
    $$;

    create function chat.resume_delivery(of_account uuid, of_realm text, count_max integer, bytes_max bigint, since timestamptz)
    returns table (after bigint, head bigint, acknowledges boolean)
    ${asIndexLookups}
    declare
      inbox  chat.inboxes;
      beyond bigint;
    begin
      select b.* into inbox from chat.inboxes b where b.account_id = of_account and b.realm = of_realm for update;
      if not found then return; end if;
      -- The newest first, until one of the bounds is met: that one and all before it are beyond.
      select max(n.sequence) into beyond from (
        select i.sequence, e.sent_at, row_number() over w as count, sum(e.bytes) over w as bytes
          from (
            select * from chat.inbox k where k.account_id = of_account and k.sequence > inbox.delivered_sequence
              order by k.sequence desc limit count_max + 1
          ) i
          join chat.entries e on e.channel_id = i.channel_id and e.sequence = i.entry_sequence
          window w as (order by i.sequence desc)
      ) n
      where n.count > count_max or n.bytes > bytes_max or n.sent_at < since;
      if beyond is not null then
        update chat.inbox i set skipped_at = now()
          where i.account_id = of_account and i.sequence > inbox.delivered_sequence and i.sequence <= beyond;
        update chat.inboxes b set delivered_sequence = beyond where b.account_id = of_account;
      end if;
      return query select coalesce(beyond, inbox.delivered_sequence), inbox.head, inbox.acknowledges;
    end
    $$;
  `);
};
