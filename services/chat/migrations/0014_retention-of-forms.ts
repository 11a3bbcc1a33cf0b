import type { Knex } from 'knex';

/** As in 0006, with all that belongs to a removed message. */
export const up = async (knex: Knex): Promise<void> => {
  await knex.raw(`
    create or replace function chat.remove_older(moment timestamptz, entries_max integer)
    returns integer
    language plpgsql volatile
    set jit = off
    as $$
    #variable_conflict use_column
    declare
      channel_ids uuid[];
      floors      bigint[];
      account_ids uuid[];
      removed     integer;
    begin
      select array_agg(o.channel_id order by o.channel_id), array_agg(o.floor order by o.channel_id) into channel_ids, floors
        from (
          select e.channel_id, max(e.sequence) as floor
            from (select channel_id, sequence from chat.entries where sent_at < moment limit entries_max) e
            group by e.channel_id
        ) o;
      if channel_ids is null then return 0; end if;
      select array_agg(distinct (p ->> 'accountId')::uuid) into account_ids
        from unnest(channel_ids, floors) as o (channel_id, floor)
        join chat.entries e on e.channel_id = o.channel_id and e.sequence <= o.floor
        cross join lateral jsonb_array_elements(e.inbox) p;

      perform from chat.streams s where s.channel_id = any (channel_ids) order by s.channel_id for update;
      perform from chat.inboxes b where b.account_id = any (account_ids) order by b.account_id for update;

      delete from chat.message_versions v using unnest(channel_ids, floors) as o (channel_id, floor)
        where v.channel_id = o.channel_id and v.sequence <= o.floor;
      delete from chat.reactions r using unnest(channel_ids, floors) as o (channel_id, floor)
        where r.channel_id = o.channel_id and r.sequence <= o.floor;
      delete from chat.mentions n using unnest(channel_ids, floors) as o (channel_id, floor)
        where n.channel_id = o.channel_id and n.sequence <= o.floor;
      delete from chat.thread_receipts t using unnest(channel_ids, floors) as o (channel_id, floor)
        where t.channel_id = o.channel_id and t.root_sequence <= o.floor;

      with gone as (
        delete from chat.entries e using unnest(channel_ids, floors) as o (channel_id, floor)
          where e.channel_id = o.channel_id and e.sequence <= o.floor
          returning e.inbox
      ),
      places as (
        select (p ->> 'accountId')::uuid as account_id, (p ->> 'sequence')::bigint as sequence
          from gone g cross join lateral jsonb_array_elements(g.inbox) p
      ),
      left_places as (
        delete from chat.inbox i using places p where i.account_id = p.account_id and i.sequence = p.sequence
      ),
      raised_inboxes as (
        update chat.inboxes b set floor = greatest(b.floor, t.top)
          from (select account_id, max(sequence) as top from places group by account_id) t
          where b.account_id = t.account_id
      ),
      raised_streams as (
        update chat.streams s set floor = greatest(s.floor, o.floor)
          from unnest(channel_ids, floors) as o (channel_id, floor)
          where s.channel_id = o.channel_id
      )
      select count(*) into removed from gone;
      -- After the entries: 0015 may have inserted forms while their removal waited for it.
      delete from chat.messages m using unnest(channel_ids, floors) as o (channel_id, floor)
        where m.channel_id = o.channel_id and m.in_channel in (true, false) and m.sequence <= o.floor;
      return removed;
    end
    $$;
  `);
};
