import { type Database, query } from '@parley/postgres';
import type { IdempotentRequests } from './idempotent-requests.js';

interface Row {
  readonly fingerprint: string;
  readonly response: string | null;
}

/** Longer than a gateway's deadline for a request: the gateway that made the claim has given up or is gone. */
const abandonedAfter = `interval '30 seconds'`;

export const postgresIdempotentRequests = (database: Database): IdempotentRequests => ({
  claim: (scope, fingerprint) =>
    query(database, 'requests.claim', async (knex) => {
      const { rowCount } = await knex.raw<{ rowCount: number }>(
        `insert into idempotent_requests as r (scope, fingerprint) values (:scope, :fingerprint)
         on conflict (scope) do update set claimed_at = clock_timestamp()
           where r.response is null and r.fingerprint = excluded.fingerprint
             and r.claimed_at < clock_timestamp() - ${abandonedAfter}`,
        { scope, fingerprint },
      );
      if (rowCount > 0) return { state: 'new', response: null };
      const row = await knex('idempotent_requests').where({ scope }).first<Row | undefined>('fingerprint', 'response');
      if (!row) return { state: 'in_progress', response: null };
      if (row.fingerprint !== fingerprint) return { state: 'different', response: null };
      return { state: row.response === null ? 'in_progress' : 'done', response: row.response };
    }),
  complete: (scope, response) =>
    query(database, 'requests.complete', async (knex) => {
      await knex('idempotent_requests').where({ scope }).update({ response });
    }),
  release: (scope) =>
    query(database, 'requests.release', async (knex) => {
      await knex('idempotent_requests').where({ scope }).whereNull('response').delete();
    }),
});
