import type { Knex } from 'knex';

/** Organizations that are joined by invitation only. */
export const invitations = {
  up: async (knex: Knex): Promise<void> => {
    await knex.raw(`
      -- Those that are there already, and those that the version before this one makes, stay open.
      alter table organizations add column open boolean not null default true;

      create table invitations (
        organization_id uuid not null constraint invitations_organization references organizations (id),
        account_id uuid not null,
        realm text not null,
        invited_at timestamptz(3) not null default clock_timestamp(),
        primary key (organization_id, account_id)
      );
      create index invitations_of_account on invitations (account_id);
    `);
  },
};
