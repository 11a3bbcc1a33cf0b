import type { Knex } from 'knex';

// What nearly every group is: new messages without threads and mentions, in streams and inboxes that exist. The caller has counted what
// append_entries derives from the group, so that nothing here has to sort, group or number it. A group of another kind gets no row, nothing is
// changed then, and append_entries takes it: it stays for those groups, and for processes of the previous release.
//
// The order of locks is that of append_entries (0002): streams by id, inboxes by id, positions. Only nested loops are allowed, so an update
// locks its rows in the order of the array that it joins. Each statement has a snapshot of its own: the one that looks for repeats starts
// when the locks are held, and sees all that their former holders committed.
export const up = async (knex: Knex): Promise<void> => {
  await knex.raw(`
    create function chat.append_new(
      channels json, account_ids uuid[], account_counts integer[],
      messages jsonb, ids uuid[], sender_ids uuid[], replies_to uuid[], bytes integer[],
      channel_at integer[], behind integer[], moves_position boolean[], inbox_at integer[], inbox_behind integer[]
    )
    returns table (id uuid, number bigint, sequence bigint, sent_at timestamptz, inbox jsonb)
    language plpgsql volatile
    set enable_seqscan = off
    set enable_hashjoin = off
    set enable_mergejoin = off
    as $$
    #variable_conflict use_column
    declare
      stream_ids uuid[];
      realms     text[];
      heads      bigint[];
      uncounted  bigint[];
      inbox_ids  uuid[];
      inboxes    bigint[];
      is_new     boolean;
      now_ms     timestamptz;
    begin
      with moved as (
        update chat.streams s
          set head = s.head + c.taken, number = c.number, kind = c.kind, slug = c.slug, title = c.title,
              membership_version = greatest(s.membership_version, c."membershipVersion")
          from rows from (
            json_to_recordset(channels)
              as (id uuid, number integer, kind text, slug text, title text, "membershipVersion" integer, taken integer)
          ) with ordinality as c (id, number, kind, slug, title, "membershipVersion", taken, at)
          where s.channel_id = c.id
          returning c.at, s.channel_id, s.realm, s.head, s.uncounted
      )
      select array_agg(m.channel_id order by m.at), array_agg(m.realm order by m.at), array_agg(m.head order by m.at),
             array_agg(m.uncounted order by m.at)
        into stream_ids, realms, heads, uncounted from moved m;
      is_new := cardinality(stream_ids) = json_array_length(channels);

      if is_new and account_ids is not null then
        with moved as (
          update chat.inboxes b set head = b.head + a.taken
            from unnest(account_ids, account_counts) with ordinality as a (id, taken, at)
            where b.account_id = a.id
            returning a.at, b.account_id, b.head
        )
        select array_agg(m.account_id order by m.at), array_agg(m.head order by m.at) into inbox_ids, inboxes from moved m;
        is_new := cardinality(inbox_ids) = cardinality(account_ids);
      end if;

      if is_new then
        is_new := not exists (
          select from rows from (jsonb_to_recordset(messages) as (client_id text), unnest(sender_ids, channel_at))
              as m (client_id, sender_id, channel_at)
            cross join lateral (
              select from chat.entries e
                where e.channel_id = stream_ids[m.channel_at] and e.sender_id = m.sender_id and e.client_id = m.client_id
                limit 1
            ) known
        );
      end if;

      if is_new is not true then
        update chat.streams s set head = s.head - c.taken
          from json_to_recordset(channels) as c (id uuid, taken integer)
          where s.channel_id = c.id and s.channel_id = any (stream_ids);
        update chat.inboxes b set head = b.head - a.taken
          from unnest(account_ids, account_counts) as a (id, taken)
          where b.account_id = a.id and b.account_id = any (inbox_ids);
        return;
      end if;

      now_ms := date_trunc('milliseconds', clock_timestamp());
      return query
      with numbered as materialized (
        select m.*, stream_ids[m.channel_at] as channel_id, realms[m.channel_at] as realm, heads[m.channel_at] - m.behind as sequence,
               inbox_at[2 * m.n - 1] as first_at, inboxes[inbox_at[2 * m.n - 1]] - inbox_behind[2 * m.n - 1] as first_sequence,
               inbox_at[2 * m.n] as second_at, inboxes[inbox_at[2 * m.n]] - inbox_behind[2 * m.n] as second_sequence
          from rows from (
            jsonb_to_recordset(messages) as (sender jsonb, client_id text, reference text, content jsonb, raw text),
            unnest(ids, sender_ids, replies_to, bytes, channel_at, behind, moves_position)
          ) with ordinality as m (
            sender, client_id, reference, content, raw, id, sender_id, reply_to, bytes, channel_at, behind, moves_position, n
          )
      ),
      formed as (
        insert into chat.messages (channel_id, in_channel, sequence, ordinal, reply_to)
          select n.channel_id, true, n.sequence, n.sequence - uncounted[n.channel_at], n.reply_to from numbered n
      ),
      filed as (
        insert into chat.inbox (account_id, sequence, realm, channel_id, entry_sequence)
          select account_ids[p.at], p.sequence, n.realm, n.channel_id, n.sequence
            from numbered n
            cross join lateral (values (n.first_at, n.first_sequence), (n.second_at, n.second_sequence)) as p (at, sequence)
            where p.at > 0
      ),
      -- In the order of chat.record_positions.
      read_by_sender as (
        insert into chat.receipts as r (account_id, channel_id, realm, sequence, delivered)
          select n.sender_id, n.channel_id, n.realm, n.sequence, n.sequence
            from numbered n where n.moves_position order by n.sender_id, n.channel_id
        on conflict (account_id, channel_id) do update
          set sequence = greatest(r.sequence, excluded.sequence), delivered = greatest(r.delivered, excluded.delivered)
      )
      insert into chat.entries as e
          (channel_id, sequence, message_sequence, id, realm, sender_id, sender, client_id, reference, content, raw, inbox, bytes, sent_at)
        select n.channel_id, n.sequence, n.sequence, n.id, n.realm, n.sender_id, n.sender, n.client_id, n.reference, n.content, n.raw,
               case when n.first_at > 0 then
                 jsonb_build_array(jsonb_build_object('accountId', account_ids[n.first_at], 'sequence', n.first_sequence))
                 || case when n.second_at > 0 then
                   jsonb_build_array(jsonb_build_object('accountId', account_ids[n.second_at], 'sequence', n.second_sequence))
                   else '[]'
                 end
               end,
               n.bytes, now_ms
          from numbered n
        returning e.id, e.number, e.sequence, e.sent_at, e.inbox;
    end
    $$;
  `);
};
