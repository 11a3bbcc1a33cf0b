import type { Knex } from 'knex';

// How far each inbox was delivered to its account, and the state of single messages. The append function names its columns, so
// the previous version of the service also runs on this schema.
export const up = async (knex: Knex): Promise<void> => {
  await knex.raw(`
    alter table chat.inboxes
      add column place        bigint not null default 0,
      add column acknowledges boolean not null default false;

    comment on column chat.inboxes.place is 'Everything up to here was written to a connection of the account, or skipped.';
    comment on column chat.inboxes.acknowledges is 'The account has acknowledged a message before.';

    alter table chat.inbox
      add column awaiting        boolean not null default false,
      add column acknowledged_at timestamptz,
      add column skipped_at      timestamptz;

    comment on column chat.inbox.awaiting is 'Written, and its sender wants it acknowledged.';

    create index inbox_awaiting on chat.inbox (account_id, sequence) where awaiting;
    create index entries_by_reference on chat.entries (split_part(client_id, '/', 1)) where client_id like '%/%';
  `);
};
