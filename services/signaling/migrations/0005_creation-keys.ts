import type { Knex } from 'knex';

/** Keys that the creators of organizations and invitations chose for a request, so that it does nothing when it is sent again. */
export const creationKeys = {
  up: async (knex: Knex): Promise<void> => {
    await knex.raw(`
      -- Replicas of an older release leave them empty.
      alter table organizations add column creation_key text;
      create unique index organizations_creation on organizations (created_by, creation_key) where creation_key is not null;

      -- Not unique: only the hash of a secret is kept, so a request that is sent again gets a further secret of the same invitation.
      alter table invitation_secrets add column creation_key text;
    `);
  },
};
