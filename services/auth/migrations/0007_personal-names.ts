import type { Knex } from 'knex';

export const personalNames = {
  up: async (knex: Knex): Promise<void> => {
    await knex.raw(`
      -- What some wires ask for and give back. Null where nobody was asked.
      alter table accounts add column first_name text;
      alter table accounts add column last_name text;
    `);
  },
};
