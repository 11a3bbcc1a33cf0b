import { type Database, transact } from '@parley/postgres';
import type { Knex } from 'knex';
import { locks } from './locks.js';
import type { Sweep } from './sweep.js';

export const postgresSweep =
  (database: Database): Sweep =>
  (now, batch) =>
    transact(database, 'sweep', async (tx) => {
      const { rows } = await tx.raw<{ rows: { taken: boolean }[] }>('select pg_try_advisory_xact_lock(?) as taken', [
        locks.sweep,
      ]);
      if (rows[0]?.taken !== true) return null;
      const take = takeFrom(tx, now, batch);
      return {
        refreshTokens: await take('refresh_tokens', 'hash', 'expires_at < :now'),
        tickets: await take('tickets', 'hash', 'expires_at < :now'),
        sessions: await take('sessions', 'id', 'expires_at < :now and access_expires_at < :now'),
        // An ended session stays in the list of revocations until its last access token has expired.
        endedSessions: await take('sessions', 'id', 'ended_at is not null and access_expires_at < :now'),
        retiredNames: await takeRetiredNames(tx, now, batch),
        keys: await take('signing_keys', 'kid', `state = 'gone' and verifies_until < :now`),
        requests: await take('idempotent_requests', 'scope', `claimed_at < clock_timestamp() - interval '24 hours'`),
      };
    });

/** Locked rows are left for the next sweep. Names and conditions are constants of this file. */
const takeFrom =
  (tx: Knex.Transaction, now: Date, batch: number) =>
  async (table: string, key: string, condition: string): Promise<number> => {
    const { rowCount } = await tx.raw<{ rowCount: number }>(
      `delete from ${table} where ${key} in
         (select ${key} from ${table} where ${condition} limit :batch for update skip locked)`,
      { now, batch },
    );
    return rowCount;
  };

const takeRetiredNames = async (tx: Knex.Transaction, now: Date, batch: number): Promise<number> => {
  const { rowCount } = await tx.raw<{ rowCount: number }>(
    `delete from retired_names where (realm, name_key) in
       (select realm, name_key from retired_names where until < :now limit :batch for update skip locked)`,
    { now, batch },
  );
  return rowCount;
};
