import { type Database, query } from '@parley/postgres';
import type { Retention } from './retention.js';

/** Streams are locked meanwhile: few enough that senders do not notice. */
const entriesMax = 500;

export const retentionInPostgres = (database: Database): Retention => ({
  removeOlder: (retentionMs) =>
    query(database, 'remove_older', async (knex) => {
      const { rows } = await knex.raw<{ rows: { removed: number }[] }>(
        "select chat.remove_older(clock_timestamp() - ?::double precision * interval '1 ms', ?) as removed",
        [retentionMs, entriesMax],
      );
      return rows[0]?.removed ?? 0;
    }),
});
