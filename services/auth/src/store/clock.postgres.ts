import { type Database, query } from '@parley/postgres';

/** Wall-clock time that all replicas share. */
export interface SharedClock {
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Reads the time again. Rejects with a Fault when the store is unavailable; the clock then continues to run. */
  adjust(): Promise<void>;
}

/**
 * PostgreSQL's time, advanced by this process's monotonic clock: replicas sign and verify by the same clock, and neither a difference
 * between their hosts' clocks nor a step of one of them ends a token or a session.
 */
export const openSharedClock = async (database: Database): Promise<SharedClock> => {
  let offsetMs = 0;
  const adjust = async (): Promise<void> => {
    const askedAt = performance.now();
    const time = await query(database, 'time', async (knex) => {
      const { rows } = await knex.raw<{ rows: { ms: string }[] }>(
        'select extract(epoch from clock_timestamp()) * 1000 as ms',
      );
      return Number(rows[0]?.ms);
    });
    offsetMs = time - (askedAt + performance.now()) / 2;
  };
  await adjust();
  return { now: () => performance.now() + offsetMs, adjust };
};
