import { type Database, query } from '@parley/postgres';

/** A time of day that all replicas share. */
export interface SharedClock {
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Reads the time anew. Rejects with a Fault when the store is away; the clock then runs on. */
  adjust(): Promise<void>;
}

/**
 * PostgreSQL's time, carried on by this process's monotonic clock: replicas sign and check by one clock, and neither differences
 * between their hosts nor steps of one of them end a token or a session.
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
