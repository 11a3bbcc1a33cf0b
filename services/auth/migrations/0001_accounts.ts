import type { Knex } from 'knex';

export const accounts = {
  up: async (knex: Knex): Promise<void> => {
    await knex.raw(`
      create table realms (
        name text primary key,
        last_number integer not null
      );

      -- A deleted account keeps its row (others' rows name its id) and gives back its user name, e-mail and handle.
      create table accounts (
        id uuid primary key,
        realm text not null,
        number integer not null,
        kind text not null,
        username text,
        username_folded text,
        email text,
        handle text,
        name text not null,
        public_key text,
        created_at timestamptz(3) not null,
        deleted_at timestamptz(3),
        constraint accounts_kind check (kind in ('person', 'device')),
        constraint accounts_number_unique unique (realm, number),
        constraint accounts_username_unique unique (realm, username_folded),
        constraint accounts_email_unique unique (realm, email),
        constraint accounts_handle_unique unique (realm, handle)
      );

      create table credentials (
        account_id uuid primary key references accounts on delete cascade,
        algorithm text not null,
        hash text not null,
        changed_at timestamptz(3) not null,
        constraint credentials_algorithm check (algorithm in ('argon2id', 'bcrypt'))
      );
    `);
  },
};
