import type { Knex } from 'knex';

export const boundedSessions = {
  up: async (knex: Knex): Promise<void> => {
    await knex.raw(`
      -- An ended session is swept once its last access token has expired, long before its refresh token would have.
      create index sessions_ended_access on sessions (access_expires_at) where ended_at is not null;

      -- The newest tokens of a session, of which a bounded number is kept.
      create index refresh_tokens_newest on refresh_tokens (session_id, created_at);
      drop index refresh_tokens_session;
    `);
  },
};
