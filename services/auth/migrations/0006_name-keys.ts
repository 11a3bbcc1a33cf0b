import type { Knex } from 'knex';

export const nameKeys = {
  up: async (knex: Knex): Promise<void> => {
    await knex.raw(`
      -- Names in the form in which they are compared. Null in rows that an older release wrote, until auth has filled them in, and for good
      -- where an older account has the same key: that account goes on signing in by username_folded, the key of before.
      alter table accounts add column username_key text;
      alter table accounts add column name_key text;
      create unique index accounts_username_key_unique on accounts (realm, username_key);
      create index accounts_name_key on accounts (realm, name_key);
      create index accounts_without_key on accounts (id) where deleted_at is null and name_key is null;

      -- User names of deleted accounts, which nobody may take before this moment.
      create table retired_names (
        realm text not null,
        name_key text not null,
        until timestamptz(3) not null,
        primary key (realm, name_key)
      );
      create index retired_names_until on retired_names (until);
    `);
  },
};
