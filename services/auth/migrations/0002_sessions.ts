import type { Knex } from 'knex';

export const sessions = {
  up: async (knex: Knex): Promise<void> => {
    await knex.raw(`
      -- One sign-in: a family of refresh tokens. Revocations are the rows whose end lies in the past.
      create table sessions (
        id uuid primary key,
        realm text not null,
        account_id uuid not null references accounts on delete cascade,
        dialect text not null,
        created_at timestamptz(3) not null,
        refreshed_at timestamptz(3) not null,
        expires_at timestamptz(3) not null,
        access_expires_at timestamptz(3) not null,
        ended_at timestamptz(3),
        ended_why text,
        constraint sessions_end check ((ended_at is null) = (ended_why is null))
      );
      create index sessions_live on sessions (account_id, created_at) where ended_at is null;
      create index sessions_of_account on sessions (account_id);
      create index sessions_ended on sessions (ended_at) where ended_at is not null;
      create index sessions_expiry on sessions (expires_at);

      -- Only hashes: whoever reads this table can refresh nothing.
      create table refresh_tokens (
        hash bytea primary key,
        session_id uuid not null references sessions on delete cascade,
        parent bytea,
        successor bytea,
        status text not null,
        created_at timestamptz(3) not null,
        rotated_at timestamptz(3),
        expires_at timestamptz(3) not null,
        constraint refresh_tokens_status check (status in ('active', 'rotated')),
        constraint refresh_tokens_rotation
          check ((status = 'rotated') = (rotated_at is not null) and (status = 'rotated') = (successor is not null))
      );
      create index refresh_tokens_session on refresh_tokens (session_id);
      create index refresh_tokens_expiry on refresh_tokens (expires_at);

      create table tickets (
        hash bytea primary key,
        session_id uuid not null references sessions on delete cascade,
        realm text not null,
        dialect text not null,
        principal jsonb not null,
        expires_at timestamptz(3) not null
      );
      create index tickets_session on tickets (session_id);
      create index tickets_expiry on tickets (expires_at);
    `);
  },
};
