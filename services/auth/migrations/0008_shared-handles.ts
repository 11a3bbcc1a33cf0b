import type { Knex } from 'knex';

export const sharedHandles = {
  up: async (knex: Knex): Promise<void> => {
    await knex.raw(`
      -- The handle of a device that registered under one that another device has: an account of its own beside the unique handle. Null in all
      -- other rows, and in those that an older release writes.
      alter table accounts add column claimed_handle text;
      create index accounts_claimed_handle on accounts (realm, claimed_handle) where claimed_handle is not null;
    `);
  },
};
