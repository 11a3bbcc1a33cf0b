import type { Knex } from 'knex';

/** Finds the recent joins of an account, however many channels it is in. */
export const latestMembers = {
  up: async (knex: Knex): Promise<void> => {
    await knex.raw('create index members_latest on members (account_id, joined_at)');
  },
};
