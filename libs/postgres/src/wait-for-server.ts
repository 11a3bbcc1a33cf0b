import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from './connect.js';
import { faultFromSql } from './faults.js';

const waitForServerMs = 60_000;

/**
 * Waits up to 60 s until PostgreSQL answers and the role of this connection exists; then rejects with the last Fault. Rejects at once with
 * any other error.
 */
export const waitForServer = async (database: Database): Promise<void> => {
  const until = performance.now() + waitForServerMs;
  for (let pauseMs = 100; ; pauseMs = Math.min(pauseMs * 2, 2_000)) {
    try {
      return await database.ping();
    } catch (error) {
      const fault = faultFromSql(error);
      const refused = isRefusedLogin(fault.cause);
      if (!(refused || fault.code === 'unavailable') || performance.now() + pauseMs > until) throw fault;
      const { schema, log } = database;
      // In a new installation the role may not exist yet; the warning reveals a wrong password long before the time limit.
      if (refused) log.warn({ schema, pauseMs }, 'PostgreSQL refused the role or its password; trying again');
      else log.info({ schema, pauseMs }, 'waiting for PostgreSQL');
      await sleep(pauseMs);
    }
  }
};

/**
 * By its code, or by the routine of PostgreSQL that reports a missing role where no password is required; other errors with 28000 come from
 * pg_hba.conf.
 */
const isRefusedLogin = (error: unknown): boolean => {
  const { code, routine } = (error ?? {}) as { readonly code?: unknown; readonly routine?: unknown };
  return code === '28P01' || (code === '28000' && routine === 'InitializeSessionUserId');
};
