import type { Knex } from 'knex';

// Removes what is older than a moment, as a prefix of its stream, together with its inbox rows: a reader of either finds a floor, never
// an inbox row without its entry. It locks as append_messages does, so it neither deadlocks with it nor removes what is being appended.
export const up = async (knex: Knex): Promise<void> => {
  await knex.raw(`
    create index entries_by_time on chat.entries using brin (sent_at);

    create function chat.remove_older(moment timestamptz, entries_max integer)
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
      return removed;
    end
    $$;
  `);
};
