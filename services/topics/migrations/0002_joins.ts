import type { Knex } from 'knex';

/** What accounts joined lately, whatever else they are in. */
export const latestMembers = {
  up: async (knex: Knex): Promise<void> => {
    await knex.raw('create index members_latest on members (account_id, joined_at)');
  },
};
