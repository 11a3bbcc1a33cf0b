import type { Knex } from 'knex';

export const idempotentRequests = {
  up: async (knex: Knex): Promise<void> => {
    await knex.raw(`
      create table idempotent_requests (
        scope text primary key,
        fingerprint text not null,
        response text,
        claimed_at timestamptz not null default clock_timestamp()
      );
      create index idempotent_requests_claimed on idempotent_requests (claimed_at);
    `);
  },
};
