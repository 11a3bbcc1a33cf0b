import type { Knex } from 'knex';

// What append_entries calls, with the locks of the stream and of the inboxes held: whatever these functions read stays as it is.
//
// append_entries discourages nested loops for its own statement; these look single rows up, whatever the plan was made on.
const asIndexLookups = `
  language plpgsql volatile
  set enable_seqscan = off
  set enable_nestloop = on
  set enable_hashjoin = off`;

export const up = async (knex: Knex): Promise<void> => {
  await knex.raw(counters);
  await knex.raw(forms);
  await knex.raw(change);
};

const counters = `
  create function chat.count_replies(of_channel uuid, of_root bigint, now_ms timestamptz) returns void ${asIndexLookups} as $$
  #variable_conflict use_column
  declare
    before bigint;
    newest bigint;
  begin
    select coalesce(m.thread_ordinal, 0) into before from chat.messages m
      where m.channel_id = of_channel and m.in_channel in (true, false) and m.sequence = of_root;
    select m.thread_ordinal into newest from chat.messages m
      where m.channel_id = of_channel and m.root_sequence = of_root order by m.sequence desc limit 1;
    if before is null or newest is null or newest <= before then return; end if;
    update chat.messages m
      set reply_count = m.reply_count + (newest - before), thread_ordinal = newest, last_reply_at = now_ms
      where m.channel_id = of_channel and m.in_channel in (true, false) and m.sequence = of_root;
    insert into chat.thread_receipts as r (channel_id, root_sequence, account_id, sequence)
      select of_channel, of_root, e.sender_id, max(e.sequence)
        from (
          select m.sequence from chat.messages m
            where m.channel_id = of_channel and m.root_sequence = of_root and m.thread_ordinal > before
            order by m.sequence desc limit newest - before
        ) n
        join chat.entries e on e.channel_id = of_channel and e.sequence = n.sequence
        group by e.sender_id order by e.sender_id
      on conflict (channel_id, root_sequence, account_id) do update set sequence = greatest(r.sequence, excluded.sequence);
  end
  $$;

  create function chat.file_mentions(of_channel uuid, of_sequence bigint) returns void ${asIndexLookups} as $$
  #variable_conflict use_column
  begin
    delete from chat.mentions where channel_id = of_channel and sequence = of_sequence;
    insert into chat.mentions (account_id, channel_id, sequence, number)
      select a.account_id, of_channel, of_sequence, e.number
        from chat.messages m
        join chat.entries e on e.channel_id = m.channel_id and e.sequence = m.sequence
        cross join lateral (
          select named.value::uuid as account_id from jsonb_array_elements_text(m.mentions -> 'accountIds') as named (value)
          union
          select '00000000-0000-0000-0000-000000000000' where (m.mentions ->> 'channel')::boolean
        ) a
        where m.channel_id = of_channel and m.in_channel in (true, false) and m.sequence = of_sequence;
  end
  $$;`;

const forms = `
  -- Moves the count of one emoji; at 0 the emoji goes.
  create function chat.count_reaction(reactions jsonb, of_emoji text, change integer) returns jsonb
  language sql immutable as $$
    select jsonb_agg(jsonb_build_object('emoji', emoji, 'count', count) order by n) from (
      select emoji, sum(count) as count, min(n) as n from (
        select r ->> 'emoji' as emoji, (r ->> 'count')::integer as count, n
          from jsonb_array_elements(coalesce(reactions, '[]')) with ordinality as e (r, n)
        union all select of_emoji, change, 1000
      ) each group by emoji
    ) summed where count > 0
  $$;

  create function chat.edit_message(m chat.messages, new_content jsonb, new_mentions jsonb, new_bytes integer, now_ms timestamptz)
  returns void language plpgsql volatile as $$
  begin
    insert into chat.message_versions (channel_id, sequence, version, content, actor, at)
      select e.channel_id, e.sequence, m.edits + 1, e.content, e.sender, coalesce(m.edited_at, e.sent_at)
        from chat.entries e where e.channel_id = m.channel_id and e.sequence = m.sequence;
    -- With the current form they are 100.
    delete from chat.message_versions v
      where v.channel_id = m.channel_id and v.sequence = m.sequence and v.version <= m.edits + 1 - 99;
    update chat.entries e set content = new_content, bytes = new_bytes + coalesce(octet_length(e.raw) * 2, 0)
      where e.channel_id = m.channel_id and e.sequence = m.sequence;
    update chat.messages f set edits = f.edits + 1, edited_at = now_ms, mentions = new_mentions
      where f.channel_id = m.channel_id and f.in_channel = m.in_channel and f.sequence = m.sequence;
    if m.mentions is not null or new_mentions is not null then
      perform chat.file_mentions(m.channel_id, m.sequence);
    end if;
  end
  $$;

  create function chat.delete_message(m chat.messages, now_ms timestamptz) returns void
  language plpgsql volatile as $$
  begin
    update chat.entries e set content = '{"type": "text", "text": ""}', raw = null, bytes = least(e.bytes, 1000)
      where e.channel_id = m.channel_id and e.sequence = m.sequence;
    delete from chat.message_versions v where v.channel_id = m.channel_id and v.sequence = m.sequence;
    delete from chat.reactions r where r.channel_id = m.channel_id and r.sequence = m.sequence;
    delete from chat.mentions n where n.channel_id = m.channel_id and n.sequence = m.sequence;
    update chat.messages f set deleted_at = now_ms, reactions = null, mentions = null, pinned_at = null, pinned_sequence = null
      where f.channel_id = m.channel_id and f.in_channel = m.in_channel and f.sequence = m.sequence;
    if m.root_sequence is not null then
      update chat.messages r set reply_count = greatest(r.reply_count - 1, 0), last_reply_at = (
          select e.sent_at from chat.messages l join chat.entries e on e.channel_id = l.channel_id and e.sequence = l.sequence
            where l.channel_id = m.channel_id and l.root_sequence = m.root_sequence and l.deleted_at is null
            order by l.sequence desc limit 1
        )
        where r.channel_id = m.channel_id and r.in_channel in (true, false) and r.sequence = m.root_sequence;
    end if;
  end
  $$;`;

const change = `
  -- Why the change is refused; null: it is not.
  create function chat.refusal(kind text, m chat.messages, is_sender boolean, moderates boolean, is_late boolean, of_emoji text)
  returns text language plpgsql stable as $$
  begin
    return case
      when kind = 'message.edited' and not is_sender then 'not_sender'
      when kind = 'message.deleted' and not is_sender and not moderates then 'not_sender'
      when m.deleted_at is not null and kind in ('message.edited', 'reaction.added', 'message.pinned') then 'message_deleted'
      when kind = 'message.edited' and is_late then 'edit_window_over'
      when kind = 'reaction.added' and jsonb_array_length(m.reactions) >= 20
        and not m.reactions @> jsonb_build_array(jsonb_build_object('emoji', of_emoji)) then 'too_many_reactions'
      when kind = 'message.pinned' and m.pinned_at is null and 100 <= (
        select count(*) from (
          select from chat.messages p where p.channel_id = m.channel_id and p.pinned_sequence is not null limit 100
        ) pins
      ) then 'too_many_pins'
    end;
  end
  $$;

  -- The entry that had the same effect before; null: there is none.
  create function chat.earlier_entry(kind text, m chat.messages, actor_id uuid, of_emoji text) returns bigint
  language plpgsql stable as $$
  declare
    reacted bigint;
  begin
    if kind in ('reaction.added', 'reaction.removed') then
      select r.entry_sequence into reacted from chat.reactions r
        where r.channel_id = m.channel_id and r.sequence = m.sequence and r.account_id = actor_id and r.emoji = of_emoji;
    end if;
    return case kind
      when 'message.deleted' then case when m.deleted_at is not null then m.changed_sequence end
      when 'reaction.added' then reacted
      when 'reaction.removed' then case when reacted is null then coalesce(m.changed_sequence, m.sequence) end
      when 'message.pinned' then m.pinned_sequence
      when 'message.unpinned' then case when m.pinned_at is null then coalesce(m.changed_sequence, m.sequence) end
    end;
  end
  $$;

  create function chat.append_change(item jsonb, now_ms timestamptz)
  returns table (fault text, repeated boolean, sequence bigint, inbox jsonb) ${asIndexLookups} as $$
  #variable_conflict use_column
  declare
    c record;
    o chat.entries;
    m chat.messages;
    refused text;
    earlier bigint;
    next bigint;
    placed jsonb;
    detail jsonb;
  begin
    select * into c from jsonb_to_record(item) as (
      realm text, channel_id uuid, channel jsonb, kind text, message_sequence bigint, sender_id uuid, sender jsonb, client_id text,
      content jsonb, mentions jsonb, emoji text, moderates boolean, window_ms double precision, participants uuid[], bytes integer
    );
    select e.sequence, e.inbox into earlier, placed from chat.entries e
      where e.channel_id = c.channel_id and e.sender_id = c.sender_id and e.client_id = c.client_id limit 1;
    if earlier is not null then
      return query select null::text, true, earlier, placed;
      return;
    end if;
    select f.* into m from chat.messages f
      where f.channel_id = c.channel_id and f.in_channel in (true, false) and f.sequence = c.message_sequence;
    select e.* into o from chat.entries e where e.channel_id = c.channel_id and e.sequence = c.message_sequence;
    if m.sequence is null or o.sequence is null then
      return query select 'message_not_found', false, null::bigint, null::jsonb;
      return;
    end if;
    refused := chat.refusal(c.kind, m, o.sender_id = c.sender_id, c.moderates,
      c.window_ms > 0 and o.sent_at < now_ms - c.window_ms * interval '1 ms', c.emoji);
    if refused is null or refused like 'too_many%' then
      earlier := chat.earlier_entry(c.kind, m, c.sender_id, c.emoji);
      if earlier is not null then
        return query select null::text, true, e.sequence, e.inbox from chat.entries e
          where e.channel_id = c.channel_id and e.sequence = earlier;
        return;
      end if;
    end if;
    if refused is not null then
      return query select refused, false, null::bigint, null::jsonb;
      return;
    end if;

    update chat.streams s
      set head = s.head + 1, uncounted = s.uncounted + 1, number = (c.channel ->> 'number')::integer, slug = c.channel ->> 'slug',
          title = c.channel ->> 'title', membership_version = greatest(s.membership_version, (c.channel ->> 'membershipVersion')::integer)
      where s.channel_id = c.channel_id returning s.head into next;
    with moved as (
      update chat.inboxes b set head = b.head + 1 where b.account_id = any (c.participants) returning b.account_id, b.head
    ),
    filed as (
      insert into chat.inbox (account_id, sequence, realm, channel_id, entry_sequence, is_change)
        select v.account_id, v.head, c.realm, c.channel_id, next, true from moved v
    )
    select jsonb_agg(jsonb_build_object('accountId', v.account_id, 'sequence', v.head) order by v.account_id) into placed from moved v;

    case c.kind
      when 'message.edited' then perform chat.edit_message(m, c.content, c.mentions, c.bytes, now_ms);
      when 'message.deleted' then perform chat.delete_message(m, now_ms);
      when 'reaction.added' then
        insert into chat.reactions values (c.channel_id, m.sequence, c.sender_id, c.emoji, next);
        m.reactions := chat.count_reaction(m.reactions, c.emoji, 1);
      when 'reaction.removed' then
        delete from chat.reactions r
          where r.channel_id = c.channel_id and r.sequence = m.sequence and r.account_id = c.sender_id and r.emoji = c.emoji;
        m.reactions := chat.count_reaction(m.reactions, c.emoji, -1);
      when 'message.pinned' then m.pinned_at := now_ms; m.pinned_sequence := next;
      when 'message.unpinned' then m.pinned_at := null; m.pinned_sequence := null;
    end case;
    if c.kind in ('message.edited', 'message.deleted') then
      update chat.messages f set changed_sequence = next
        where f.channel_id = m.channel_id and f.in_channel = m.in_channel and f.sequence = m.sequence;
    else
      update chat.messages f
        set changed_sequence = next, reactions = m.reactions, pinned_at = m.pinned_at, pinned_sequence = m.pinned_sequence
        where f.channel_id = m.channel_id and f.in_channel = m.in_channel and f.sequence = m.sequence;
    end if;
    select jsonb_build_object('messageId', o.id, 'number', o.number) || case when c.emoji is null then '{}' else
        jsonb_build_object('emoji', c.emoji, 'count', coalesce(sum((r ->> 'count')::integer), 0)) end into detail
      from jsonb_array_elements(coalesce(m.reactions, '[]')) r where r ->> 'emoji' = c.emoji;
    insert into chat.entries
        (channel_id, sequence, kind, message_sequence, realm, sender_id, sender, client_id, content, inbox, bytes, sent_at, detail)
      values (c.channel_id, next, c.kind, m.sequence, c.realm, c.sender_id, c.sender, c.client_id, '{"type": "text", "text": ""}',
              placed, octet_length(c.sender::text) + octet_length(c.client_id) + 700, now_ms, detail);
    return query select null::text, false, next, placed;
  end
  $$;`;
