import type { Knex } from 'knex';

/** Invitations for every account that presents their secret; those for an account remain until they are used. */
export const invitationSecrets = {
  up: async (knex: Knex): Promise<void> => {
    await knex.raw(`
      -- Only the hash: who reads this table can join nothing.
      create table invitation_secrets (
        hash bytea primary key,
        organization_id uuid not null constraint invitation_secrets_organization references organizations (id),
        realm text not null,
        invited_by uuid not null,
        expires_at timestamptz(3) not null
      );
      create index invitation_secrets_of_organization on invitation_secrets (organization_id, expires_at);
    `);
  },
};
