import type { Knex } from 'knex';

export const importedDevices = {
  up: async (knex: Knex): Promise<void> => {
    // A device of an old server, whose tokens nobody can verify here, until it registers for the first time. Replicas of an older release
    // leave it as it is, and make another account behind the handle.
    await knex.raw('alter table accounts add column awaits_device boolean not null default false');
  },
};
