import type { Knex } from 'knex';

/** As in 0002, with the reference. The previous release gives none: a trigger of 0007 takes it from the client id. */
export const up = async (knex: Knex): Promise<void> => {
  await knex.raw(`
    create or replace function chat.append_messages(messages jsonb)
    returns table (
      ordinal integer, sequence bigint, id uuid, number bigint, sent_at timestamptz, inbox jsonb,
      repeated boolean, sender jsonb, content jsonb, raw text
    )
    language plpgsql volatile
    set enable_seqscan = off
    set enable_nestloop = off
    set enable_mergejoin = off
    set jit = off
    set plan_cache_mode = force_generic_plan
    as $$
    #variable_conflict use_column
    declare
      channel_ids uuid[];
      account_ids uuid[];
      found_rows  bigint;
      now_ms      timestamptz;
    begin
      select array_agg(distinct (m ->> 'channel_id')::uuid) into channel_ids from jsonb_array_elements(messages) m;
      select array_agg(distinct a::uuid) into account_ids
        from jsonb_array_elements(messages) m, jsonb_array_elements_text(nullif(m -> 'participants', 'null')) a;

      select count(*) into found_rows from chat.streams s where s.channel_id = any (channel_ids);
      if found_rows < cardinality(channel_ids) then
        insert into chat.streams (channel_id, realm, kind, number, slug, title, membership_version)
          select distinct on (m.channel_id) m.channel_id, m.realm, c.kind, c.number, c.slug, c.title, 0
            from jsonb_to_recordset(messages) as m (channel_id uuid, realm text, channel jsonb),
                 jsonb_to_record(m.channel) as c (kind text, number integer, slug text, title text)
            order by m.channel_id
          on conflict do nothing;
      end if;
      if account_ids is not null then
        select count(*) into found_rows from chat.inboxes b where b.account_id = any (account_ids);
        if found_rows < cardinality(account_ids) then
          insert into chat.inboxes (account_id, realm)
            select distinct on (a.account_id) a.account_id, m.realm
              from jsonb_to_recordset(messages) as m (realm text, participants uuid[]), unnest(m.participants) as a (account_id)
              order by a.account_id
            on conflict do nothing;
        end if;
      end if;

      perform from chat.streams s where s.channel_id = any (channel_ids) order by s.channel_id for update;
      if account_ids is not null then
        perform from chat.inboxes b where b.account_id = any (account_ids) order by b.account_id for update;
      end if;
      now_ms := date_trunc('milliseconds', clock_timestamp());

      return query
      with input as materialized (
        select m.* from rows from (
          jsonb_to_recordset(messages) as (
            realm text, channel_id uuid, channel jsonb, sender_id uuid, sender jsonb, client_id text,
            reference text, content jsonb, raw text, participants uuid[], bytes integer
          )
        ) with ordinality as m (
          realm, channel_id, channel, sender_id, sender, client_id, reference, content, raw, participants, bytes, ordinal
        )
      ),
      known as materialized (
        select i.ordinal, e.* from input i cross join lateral (
          select e.sequence, e.id, e.number, e.sent_at, e.inbox, e.sender, e.content, e.raw
            from chat.entries e
            where e.channel_id = i.channel_id and e.sender_id = i.sender_id and e.client_id = i.client_id
            limit 1
        ) e
      ),
      fresh as materialized (
        select distinct on (i.channel_id, i.sender_id, i.client_id) i.*
          from input i
          where i.ordinal not in (select k.ordinal from known k)
          order by i.channel_id, i.sender_id, i.client_id, i.ordinal
      ),
      numbered as materialized (
        select f.*, s.head + row_number() over (partition by f.channel_id order by f.ordinal) as sequence
          from fresh f join chat.streams s on s.channel_id = f.channel_id and s.channel_id = any (channel_ids)
      ),
      position_of as materialized (
        select f.ordinal, p.account_id, b.head + row_number() over (partition by p.account_id order by f.ordinal) as sequence
          from fresh f
          cross join lateral (select distinct unnest(f.participants) as account_id) p
          join chat.inboxes b on b.account_id = p.account_id and b.account_id = any (account_ids)
      ),
      positions as materialized (
        select p.ordinal, jsonb_agg(jsonb_build_object('accountId', p.account_id, 'sequence', p.sequence) order by p.account_id) as inbox
          from position_of p group by p.ordinal
      ),
      inserted as (
        insert into chat.entries as e
            (channel_id, sequence, realm, sender_id, sender, client_id, reference, content, raw, inbox, bytes, sent_at)
          select n.channel_id, n.sequence, n.realm, n.sender_id, n.sender, n.client_id, n.reference, n.content, n.raw, p.inbox,
                 n.bytes, now_ms
            from numbered n left join positions p on p.ordinal = n.ordinal
            order by n.ordinal
          returning e.*
      ),
      moved as (
        update chat.streams s
          set head = s.head + m.taken, number = c.number, kind = c.kind, slug = c.slug, title = c.title,
              membership_version = greatest(s.membership_version, c."membershipVersion")
          from (
            select f.channel_id, count(*) as taken, (array_agg(f.channel order by f.ordinal desc))[1] as channel
              from fresh f group by f.channel_id
          ) m,
          jsonb_to_record(m.channel) as c (number integer, kind text, slug text, title text, "membershipVersion" integer)
          where s.channel_id = m.channel_id and s.channel_id = any (channel_ids)
      ),
      filed as (
        insert into chat.inbox (account_id, sequence, realm, channel_id, entry_sequence)
          select p.account_id, p.sequence, n.realm, n.channel_id, n.sequence
            from position_of p join numbered n on n.ordinal = p.ordinal
      ),
      moved_inboxes as (
        update chat.inboxes b set head = b.head + m.taken
          from (select p.account_id, count(*) as taken from position_of p group by p.account_id) m
          where b.account_id = m.account_id and b.account_id = any (account_ids)
      ),
      answer as (
        select i.ordinal, i.ordinal <> n.ordinal as repeated, e.sequence, e.id, e.number, e.sent_at, e.inbox, e.sender, e.content, e.raw
          from input i
          join numbered n on n.channel_id = i.channel_id and n.sender_id = i.sender_id and n.client_id = i.client_id
          join inserted e on e.channel_id = n.channel_id and e.sequence = n.sequence
        union all
        select k.ordinal, true, k.sequence, k.id, k.number, k.sent_at, k.inbox, k.sender, k.content, k.raw from known k
      )
      select a.ordinal::integer, a.sequence, a.id, a.number, a.sent_at, a.inbox, a.repeated,
             case when a.repeated then a.sender end, case when a.repeated then a.content end, case when a.repeated then a.raw end
        from answer a
        order by a.ordinal;
    end
    $$;
  `);
};
