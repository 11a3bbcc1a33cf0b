import type { Knex } from 'knex';

// The one function that numbers entries: as append_messages of 0009, whose comments in 0002 hold here too, with entries of all kinds.
// Messages are numbered and stored together, then changes one by one in their order: each sees the one before it.
// append_messages stays for processes of the previous release.
//
// A form is changed only under the lock of its stream, so the counters of a root can be read before and written after the statement
// that inserts its replies.
export const up = async (knex: Knex): Promise<void> => {
  await knex.raw(`
    create function chat.append_entries(entries jsonb)
    returns table (
      ordinal integer, fault text, repeated boolean, sequence bigint, id uuid, number bigint, sent_at timestamptz, inbox jsonb,
      reply_count integer
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
      item        record;
    begin
      select array_agg(distinct (m ->> 'channel_id')::uuid) into channel_ids from jsonb_array_elements(entries) m;
      select array_agg(distinct a::uuid) into account_ids
        from jsonb_array_elements(entries) m, jsonb_array_elements_text(nullif(m -> 'participants', 'null')) a;

      select count(*) into found_rows from chat.streams s where s.channel_id = any (channel_ids);
      if found_rows < cardinality(channel_ids) then
        insert into chat.streams (channel_id, realm, kind, number, slug, title, membership_version)
          select distinct on (m.channel_id) m.channel_id, m.realm, c.kind, c.number, c.slug, c.title, 0
            from jsonb_to_recordset(entries) as m (channel_id uuid, realm text, channel jsonb),
                 jsonb_to_record(m.channel) as c (kind text, number integer, slug text, title text)
            order by m.channel_id
          on conflict do nothing;
      end if;
      if account_ids is not null then
        select count(*) into found_rows from chat.inboxes b where b.account_id = any (account_ids);
        if found_rows < cardinality(account_ids) then
          insert into chat.inboxes (account_id, realm)
            select distinct on (a.account_id) a.account_id, m.realm
              from jsonb_to_recordset(entries) as m (realm text, participants uuid[]), unnest(m.participants) as a (account_id)
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
          jsonb_to_recordset(entries) as (
            kind text, realm text, channel_id uuid, channel jsonb, sender_id uuid, sender jsonb, client_id text, reference text,
            content jsonb, raw text, participants uuid[], bytes integer,
            in_channel boolean, reply_to uuid, thread_root uuid, root_sequence bigint, mentions jsonb
          )
        ) with ordinality as m (
          kind, realm, channel_id, channel, sender_id, sender, client_id, reference, content, raw, participants, bytes,
          in_channel, reply_to, thread_root, root_sequence, mentions, ordinal
        )
        where m.kind = 'message'
      ),
      known as materialized (
        select i.ordinal, e.* from input i cross join lateral (
          select e.sequence, e.id, e.number, e.sent_at, e.inbox
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
        select f.*, s.head + row_number() over w as sequence,
               s.uncounted + count(*) filter (where not f.in_channel) over w as uncounted
          from fresh f join chat.streams s on s.channel_id = f.channel_id and s.channel_id = any (channel_ids)
          window w as (partition by f.channel_id order by f.ordinal)
      ),
      threaded as materialized (
        select n.ordinal, r.reply_count + row_number() over w as reply_count, r.replies + row_number() over w as thread_ordinal
          from numbered n cross join lateral (
            select m.reply_count, coalesce(m.thread_ordinal, 0) as replies from chat.messages m
              where m.channel_id = n.channel_id and m.in_channel in (true, false) and m.sequence = n.root_sequence
              limit 1
          ) r
          where n.root_sequence is not null
          window w as (partition by n.channel_id, n.root_sequence order by n.ordinal)
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
            (channel_id, sequence, message_sequence, realm, sender_id, sender, client_id, reference, content, raw, inbox, bytes, sent_at)
          select n.channel_id, n.sequence, n.sequence, n.realm, n.sender_id, n.sender, n.client_id, n.reference, n.content, n.raw,
                 p.inbox, n.bytes, now_ms
            from numbered n left join positions p on p.ordinal = n.ordinal
            order by n.ordinal
          returning e.channel_id, e.sequence, e.id, e.number, e.sent_at, e.inbox
      ),
      formed as (
        insert into chat.messages
            (channel_id, in_channel, sequence, ordinal, reply_to, thread_root, root_sequence, thread_ordinal, mentions)
          select n.channel_id, n.in_channel, n.sequence, n.sequence - n.uncounted, n.reply_to, n.thread_root, n.root_sequence,
                 t.thread_ordinal, n.mentions
            from numbered n left join threaded t on t.ordinal = n.ordinal
      ),
      -- In the order of chat.record_positions.
      read_by_sender as (
        insert into chat.receipts as r (account_id, channel_id, realm, sequence, delivered)
          select n.sender_id, n.channel_id, min(n.realm), max(n.sequence), max(n.sequence)
            from numbered n where n.in_channel
            group by n.sender_id, n.channel_id order by n.sender_id, n.channel_id
        on conflict (account_id, channel_id) do update
          set sequence = greatest(r.sequence, excluded.sequence), delivered = greatest(r.delivered, excluded.delivered)
      ),
      moved as (
        update chat.streams s
          set head = s.head + m.taken, uncounted = s.uncounted + m.hidden,
              number = c.number, kind = c.kind, slug = c.slug, title = c.title,
              membership_version = greatest(s.membership_version, c."membershipVersion")
          from (
            select f.channel_id, count(*) as taken, count(*) filter (where not f.in_channel) as hidden,
                   (array_agg(f.channel order by f.ordinal desc))[1] as channel
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
        select i.ordinal, i.ordinal <> n.ordinal as repeated, e.sequence, e.id, e.number, e.sent_at, e.inbox, t.reply_count
          from input i
          join numbered n on n.channel_id = i.channel_id and n.sender_id = i.sender_id and n.client_id = i.client_id
          join inserted e on e.channel_id = n.channel_id and e.sequence = n.sequence
          left join threaded t on t.ordinal = n.ordinal
        union all
        select k.ordinal, true, k.sequence, k.id, k.number, k.sent_at, k.inbox, null from known k
      )
      select a.ordinal::integer, null::text, a.repeated, a.sequence, a.id, a.number, a.sent_at, a.inbox, a.reply_count::integer
        from answer a;

      for item in
        select m ->> 'kind' as kind, (m ->> 'channel_id')::uuid as channel_id, (m ->> 'root_sequence')::bigint as root_sequence,
               (m ->> 'sender_id')::uuid as sender_id, m ->> 'client_id' as client_id, m -> 'mentions' as mentions,
               n as ordinal, m as whole
          from jsonb_array_elements(entries) with ordinality as e (m, n)
          where m ->> 'kind' <> 'message' or m ->> 'root_sequence' is not null or m -> 'mentions' <> 'null'
          order by n
      loop
        if item.kind <> 'message' then
          return query select item.ordinal::integer, c.fault, c.repeated, c.sequence, null::uuid, null::bigint, null::timestamptz, c.inbox, null::integer
            from chat.append_change(item.whole, now_ms) c;
        else
          if item.root_sequence is not null then perform chat.count_replies(item.channel_id, item.root_sequence, now_ms); end if;
          if item.mentions <> 'null' then
            perform chat.file_mentions(e.channel_id, e.sequence) from chat.entries e
              where e.channel_id = item.channel_id and e.sender_id = item.sender_id and e.client_id = item.client_id;
          end if;
        end if;
      end loop;
    end
    $$;
  `);
};
