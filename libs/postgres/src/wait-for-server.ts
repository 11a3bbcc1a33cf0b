import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from './connect.js';
import { faultFromSql } from './faults.js';

/**
 * Waits up to `startupWaitMs` of the database until PostgreSQL answers and the role of this connection exists; then rejects with the last
 * Fault. Rejects at once with any other error. Logs once for each reason to wait.
 */
export const waitForServer = async (database: Database): Promise<void> => {
  const until = performance.now() + database.startupWaitMs;
  const reported = new Set<boolean>();
  for (let pauseMs = 100; ; pauseMs = Math.min(pauseMs * 2, 2_000)) {
    try {
      return await database.ping();
    } catch (error) {
      const fault = faultFromSql(error);
      const refused = isRefusedLogin(fault.cause);
      if (!(refused || fault.code === 'unavailable') || performance.now() + pauseMs > until) throw fault;
      if (!reported.has(refused)) report(database, refused);
      reported.add(refused);
      await sleep(pauseMs);
    }
  }
};

const report = ({ schema, log, startupWaitMs: withinMs }: Database, refused: boolean): void => {
  // In a new installation the role may not exist yet; the warning reveals a wrong password long before the time limit.
  if (refused) log.warn({ schema, withinMs }, 'PostgreSQL refused the role or its password; trying again');
  else log.warn({ schema, withinMs }, 'PostgreSQL does not answer; trying again before the schema is migrated');
};

/**
 * By its code, or by the routine of PostgreSQL that reports a missing role where no password is required; other errors with 28000 come from
 * pg_hba.conf.
 */
const isRefusedLogin = (error: unknown): boolean => {
  const { code, routine } = (error ?? {}) as { readonly code?: unknown; readonly routine?: unknown };
  return code === '28P01' || (code === '28000' && routine === 'InitializeSessionUserId');
};
