import type { Knex } from 'knex';

/** Organizations, their networks and their members. */
export const organizations = {
  up: async (knex: Knex): Promise<void> => {
    await knex.raw(`
      create table counters (
        realm text primary key,
        organization_number integer not null
      );

      create table organizations (
        id uuid primary key,
        realm text not null,
        number integer not null,
        name text not null,
        created_by uuid not null,
        created_at timestamptz(3) not null default clock_timestamp(),
        constraint organizations_number unique (realm, number)
      );

      -- cidr is as its creator wrote it; the addresses are what it means, as numbers from 0 to 2^32 - 1.
      create table networks (
        id uuid primary key,
        organization_id uuid not null constraint networks_organization references organizations (id),
        realm text not null,
        cidr text not null,
        first_address bigint not null,
        last_address bigint not null,
        constraint networks_addresses check (
          first_address >= 0 and first_address <= last_address and last_address < 4294967296
        )
      );
      create index networks_of_organization on networks (organization_id);

      -- The organization's number is repeated here (it never changes), so that an account's organizations in order are one index scan.
      create table members (
        organization_id uuid not null constraint members_organization references organizations (id),
        account_id uuid not null,
        realm text not null,
        organization_number integer not null,
        joined_at timestamptz(3) not null default clock_timestamp(),
        primary key (organization_id, account_id)
      );
      create index members_oldest_organization on members (account_id, organization_number);
    `);
  },
};
