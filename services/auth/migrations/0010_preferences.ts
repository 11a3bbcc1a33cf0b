import type { Knex } from 'knex';

export const preferences = {
  up: async (knex: Knex): Promise<void> => {
    await knex.raw(`
      alter table accounts add column shares_receipts boolean not null default true;
      alter table accounts add column invisible boolean not null default false;
      -- Grows with each change; the time of the last one, for gateways that missed its event.
      alter table accounts add column preferences_version integer not null default 0;
      alter table accounts add column preferences_changed_at timestamptz;
      create index accounts_preferences_changed on accounts (preferences_changed_at)
        where preferences_changed_at is not null;
    `);
  },
};
