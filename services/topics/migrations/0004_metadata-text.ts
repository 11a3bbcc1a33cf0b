import type { Knex } from 'knex';

/**
 * Metadata as its creator wrote it, beside the parsed value: jsonb keeps neither the form of numbers nor the order of keys. Null where
 * only the value is known.
 */
export const metadataText = {
  up: async (knex: Knex): Promise<void> => {
    await knex.raw('alter table channels add column metadata_text text');
  },
};
