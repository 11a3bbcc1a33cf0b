import type { Knex } from 'knex';

export const signingKeys = {
  up: async (knex: Knex): Promise<void> => {
    await knex.raw(`
      create table signing_keys (
        kid text primary key,
        state text not null,
        public_jwk jsonb not null,
        sealed_private_key bytea,
        created_at timestamptz(3) not null,
        activated_at timestamptz(3),
        retired_at timestamptz(3),
        verifies_until timestamptz(3),
        constraint signing_keys_state check (state in ('next', 'active', 'retiring', 'gone')),
        constraint signing_keys_private check ((sealed_private_key is not null) = (state in ('next', 'active')))
      );
      -- Two replicas that start or rotate at once agree on one key, whatever else goes wrong.
      create unique index signing_keys_one_active on signing_keys (state) where state = 'active';
      create unique index signing_keys_one_next on signing_keys (state) where state = 'next';
    `);
  },
};
