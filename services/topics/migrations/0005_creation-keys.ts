import type { Knex } from 'knex';

/** A key that the creator of a channel chose for the request, so that the request does nothing when it is sent again. */
export const creationKeys = {
  up: async (knex: Knex): Promise<void> => {
    await knex.raw(`
      -- Replicas of an older release leave it empty.
      alter table channels add column creation_key text;
      create unique index channels_creation on channels (created_by, creation_key) where creation_key is not null;
    `);
  },
};
