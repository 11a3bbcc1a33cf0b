import type pg from 'pg';

/** A commit that does not reach the disk would make every durable figure wrong. */
export const requireFsync = async (database: pg.Client): Promise<void> => {
  for (const setting of ['fsync', 'synchronous_commit']) {
    const { rows } = await database.query<{ value: string }>('select current_setting($1) as value', [setting]);
    if (rows[0]?.value !== 'on') throw new Error(`PostgreSQL runs with ${setting} = ${rows[0]?.value}`);
  }
};
