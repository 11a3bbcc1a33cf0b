import type { Knex } from 'knex';

// docs/adr/0037-forms-beside-the-log.md. What a message has besides its entry: the text stays in the entry of its creation, which an
// edit replaces and a deletion empties, so that processes of the previous release read it in its current form too.
//
// Every entry so far is a message, so its ordinal is its sequence and nothing has to be counted. Calls of the former append function,
// also those that were running when this was applied, leave `message_sequence` null: a trigger gives their messages a form.
export const up = async (knex: Knex): Promise<void> => {
  await knex.raw(`
    -- In the order in which append_messages uses them: sends that run meanwhile wait, and none meets this in a deadlock.
    lock table chat.streams, chat.inboxes, chat.entries, chat.inbox, chat.receipts in access exclusive mode;
    alter table chat.streams add column uncounted bigint not null default 0;
    alter table chat.entries add column message_sequence bigint, add column detail jsonb;
    alter table chat.inbox add column is_change boolean not null default false;
    alter table chat.receipts
      add column delivered bigint not null default 0,
      add column shares boolean;

    comment on column chat.streams.uncounted is
      'Entries that are no messages of the channel: changes, and replies that only their thread shows. head - uncounted: its messages.';
    comment on column chat.entries.message_sequence is 'The entry that created the message. null: its own, of the former append function.';
    comment on column chat.entries.detail is 'Of a change: messageId and number; of a reaction also emoji, and the count after it.';
    comment on column chat.inbox.is_change is 'The entry changes a message.';
    comment on column chat.receipts.shares is 'Whether others may see the positions, as chosen when they moved; null: never chosen, they may.';

    create table chat.messages (
      channel_id       uuid not null,
      in_channel       boolean not null,
      sequence         bigint not null,
      ordinal          bigint not null,
      reply_to         uuid,
      thread_root      uuid,
      root_sequence    bigint,
      thread_ordinal   bigint,
      reply_count      integer not null default 0,
      last_reply_at    timestamptz,
      edits            integer not null default 0,
      edited_at        timestamptz,
      deleted_at       timestamptz,
      changed_sequence bigint,
      pinned_at        timestamptz,
      pinned_sequence  bigint,
      reactions        jsonb,
      mentions         jsonb,
      primary key (channel_id, in_channel, sequence)
    ) with (fillfactor = 85);

    comment on column chat.messages.ordinal is 'Messages of the channel up to this one; unread is a subtraction.';
    comment on column chat.messages.thread_ordinal is 'Of a reply: its number in the thread. Of a root: replies so far, deleted ones too.';
    comment on column chat.messages.changed_sequence is 'The last entry that changed the message.';
    comment on column chat.messages.reactions is '[{emoji, count}], by the first reaction with each.';

    create index messages_of_thread on chat.messages (channel_id, root_sequence, sequence) where root_sequence is not null;
    create index messages_pinned on chat.messages (channel_id, pinned_sequence) where pinned_sequence is not null;

    create table chat.message_versions (
      channel_id uuid not null,
      sequence   bigint not null,
      version    integer not null,
      content    jsonb not null,
      actor      jsonb not null,
      at         timestamptz not null,
      primary key (channel_id, sequence, version)
    );

    create table chat.reactions (
      channel_id     uuid not null,
      sequence       bigint not null,
      account_id     uuid not null,
      emoji          text not null,
      entry_sequence bigint not null,
      primary key (channel_id, sequence, account_id, emoji)
    );

    create table chat.mentions (
      account_id uuid not null,
      channel_id uuid not null,
      sequence   bigint not null,
      number     bigint not null,
      primary key (channel_id, sequence, account_id)
    );
    comment on column chat.mentions.account_id is 'All zeros: everybody in the channel.';
    create index mentions_of_account on chat.mentions (account_id, channel_id, sequence);
    create index mentions_by_number on chat.mentions (account_id, number);

    create table chat.thread_receipts (
      channel_id    uuid not null,
      root_sequence bigint not null,
      account_id    uuid not null,
      sequence      bigint not null,
      primary key (channel_id, root_sequence, account_id)
    ) with (fillfactor = 80);

    create function chat.fill_message() returns trigger language plpgsql as $$
    begin
      insert into chat.messages (channel_id, in_channel, sequence, ordinal)
        select new.channel_id, true, new.sequence, new.sequence - s.uncounted
          from chat.streams s where s.channel_id = new.channel_id
        on conflict do nothing;
      insert into chat.receipts as r (account_id, channel_id, realm, sequence, delivered)
        values (new.sender_id, new.channel_id, new.realm, new.sequence, new.sequence)
        on conflict (account_id, channel_id) do update
          set sequence = greatest(r.sequence, excluded.sequence), delivered = greatest(r.delivered, excluded.delivered);
      return null;
    end
    $$;
    create trigger fill_message after insert on chat.entries for each row
      when (new.message_sequence is null) execute function chat.fill_message();

    create function chat.sequence_at(of_channel uuid, moment timestamptz) returns bigint
    language plpgsql stable as $$
    declare
      low  bigint;
      high bigint;
      middle bigint;
    begin
      -- Entries have no gaps between floor and head, and times rise with them.
      select s.floor + 1, s.head + 1 into low, high from chat.streams s where s.channel_id = of_channel;
      while low < high loop
        middle := (low + high) / 2;
        if exists (select from chat.entries e where e.channel_id = of_channel and e.sequence = middle and e.sent_at >= moment) then
          high := middle;
        else
          low := middle + 1;
        end if;
      end loop;
      return coalesce(low, 1);
    end
    $$;
    comment on function chat.sequence_at is 'The first entry at or after a moment; head + 1 if there is none.';
  `);
};
