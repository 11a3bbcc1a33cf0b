import type { Knex } from 'knex';

// docs/adr/0028-delivery.md. The columns of delivery get the names of the contract, and a message gets the reference that its sender chose
// for it, which so far was the part of its client id before a slash.
//
// Processes and functions of the previous release know only the former columns. Triggers keep both in step, whichever is written: also by
// a call that was already running when the functions were replaced. They, the former columns and `entries_by_reference` go with the next
// release.
export const up = async (knex: Knex): Promise<void> => {
  await knex.raw(`
    -- In the order in which append_messages uses them: sends that run meanwhile wait, and none meets this in a deadlock.
    lock table chat.inboxes, chat.entries, chat.inbox in access exclusive mode;
    alter table chat.entries add column reference text;
    alter table chat.inboxes add column delivered_sequence bigint not null default 0;
    alter table chat.inbox add column ack_required boolean not null default false;

    comment on column chat.entries.reference is 'What readers acknowledge the message by; chosen by its sender.';
    comment on column chat.inboxes.delivered_sequence is 'Everything up to here was written to a connection of the account, or skipped.';
    comment on column chat.inbox.ack_required is 'Written, and its sender wants it acknowledged.';
    comment on column chat.inboxes.place is 'Former name of delivered_sequence.';
    comment on column chat.inbox.awaiting is 'Former name of ack_required.';

    create function chat.fill_reference() returns trigger language plpgsql as $$
    begin
      new.reference := split_part(new.client_id, '/', 1);
      return new;
    end
    $$;
    create trigger fill_reference before insert on chat.entries for each row
      when (new.reference is null and new.client_id like '%/%') execute function chat.fill_reference();

    create function chat.copy_delivered_sequence() returns trigger language plpgsql as $$
    begin
      new.delivered_sequence := greatest(new.delivered_sequence, new.place);
      new.place := new.delivered_sequence;
      return new;
    end
    $$;
    create trigger copy_delivered_sequence before update of place, delivered_sequence on chat.inboxes
      for each row execute function chat.copy_delivered_sequence();

    create function chat.copy_ack_required() returns trigger language plpgsql as $$
    begin
      if new.awaiting is distinct from old.awaiting then
        new.ack_required := new.awaiting;
      else
        new.awaiting := new.ack_required;
      end if;
      return new;
    end
    $$;
    create trigger copy_ack_required before update of awaiting, ack_required on chat.inbox
      for each row execute function chat.copy_ack_required();
  `);
};
