import { setTimeout as sleep } from 'node:timers/promises';
import type { Knex } from 'knex';
import type { Database } from './connect.js';
import { faultFromSql, isWorthRepeating } from './faults.js';
import { grantToService, isGrantedToService, mayMigrate } from './roles.postgres.js';
import { waitForServer } from './wait-for-server.js';

export interface Migration {
  up(knex: Knex): Promise<void>;
  /**
   * Default: the migration is one transaction. `false`: each of its statements is, for what must not lock a large table as a whole
   * (`create index concurrently`, updates in batches). It may be interrupted and run again, so every step must be repeatable.
   */
  readonly isTransaction?: boolean;
}

/** Name → migration; applied in the order of the names, which therefore begin with a number. */
export type Migrations = Readonly<Record<string, Migration>>;

const waitForOwnerMs = 60_000;
const triesMax = 5;
const pauseMaxMs = 2_000;
const lockPollMs = 100;
/** How long a statement outside of a transaction waits for a lock before the migration lets others go first. */
const lockTimeoutMs = 20_000;

/**
 * Migrates the schema, forward only. Waits up to `startupWaitMs` of the database for PostgreSQL, and again when the connection is lost meanwhile: committed migrations
 * are kept. Of several processes that start together one migrates while the others wait; each migration is a transaction of its own unless it says otherwise.
 * Unknown names in the table are newer migrations: during a rolling update old code runs on the new schema.
 */
export const migrate = async (database: Database, migrations: Migrations): Promise<void> => {
  const startedAt = performance.now();
  for (let tries = 1; ; tries++) {
    await waitForServer(database);
    try {
      if (!(await isCurrent(database, migrations)) && !(await migrateOnce(database, migrations)))
        await waitForMigrations(database, migrations);
      database.migrated.seconds += (performance.now() - startedAt) / 1_000;
      return;
    } catch (error) {
      if (error instanceof NotMigrated) throw error;
      const isOver = tries >= triesMax && performance.now() - startedAt >= database.startupWaitMs;
      if (!isPassing(error) || isOver)
        throw new Error(`Migrating the schema ${database.schema} failed`, { cause: error });
      database.log.warn({ schema: database.schema, err: error }, 'A migration was interrupted; it is tried again');
      // A server that accepts a statement and ends the next connection, as while it restarts, would use up the tries at once.
      await sleep(Math.min(100 * 2 ** tries, pauseMaxMs));
    }
  }
};

/** Whether nothing is left to do, so that a start needs neither the lock nor a connection of the owner. */
const isCurrent = async ({ knex, schema }: Database, migrations: Migrations): Promise<boolean> =>
  (await missingOf(knex, schema, migrations)).length === 0 && (await isGrantedToService(knex, schema));

/** Returns false when this role does not own the schema, so that another one has to migrate. */
const migrateOnce = async (database: Database, migrations: Migrations): Promise<boolean> => {
  const knex = database.withoutDeadlines();
  try {
    if (!(await mayMigrate(knex, database.schema))) return false;
    // The lock lives as long as this transaction, which does nothing else: if the process dies, PostgreSQL releases it.
    await knex.transaction(async (lock) => {
      await acquire(lock, database.schema);
      await createBookkeeping(knex, database.schema);
      for (const name of Object.keys(migrations).sort()) await apply(database, knex, name, migrations[name]);
      await grantToService(knex, database.schema);
    });
    return true;
  } finally {
    await knex.destroy();
  }
};

const isPassing = (error: unknown): boolean =>
  faultFromSql(error).code === 'unavailable' || isWorthRepeating(error) || isLockTimeout(error);

const isLockTimeout = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === '55P03';

/**
 * Polls, and without parameters: `create index concurrently` waits for every snapshot, which both a statement that waits for the lock and a
 * prepared statement in an open transaction would have. `schema` is a name (connectDatabase).
 */
const acquire = async (lock: Knex, schema: string): Promise<void> => {
  for (;;) {
    const { rows } = await lock.raw<{ rows: { acquired: boolean }[] }>(
      `select pg_try_advisory_xact_lock(hashtext('${schema}')) as acquired`,
    );
    if (rows[0]?.acquired === true) return;
    await sleep(lockPollMs);
  }
};

/** The owner of the schema has to migrate first. The message is a sentence for the operator. */
export class NotMigrated extends Error {
  override readonly name = 'NotMigrated';
}

/** Waits up to 60 s for the owner of the schema, for example the migration job of a new installation. */
const waitForMigrations = async ({ knex, schema, log }: Database, migrations: Migrations): Promise<void> => {
  const until = performance.now() + waitForOwnerMs;
  for (let isFirst = true; ; isFirst = false) {
    const missing = await missingOf(knex, schema, migrations);
    if (missing.length === 0) return;
    if (performance.now() > until)
      throw new NotMigrated(
        `The schema ${schema} lacks ${missing.join(', ')}, and the role of DATABASE_URL does not own it: ` +
          `migrate with the owner's DATABASE_URL first (dist/src/migrate/main.js)`,
      );
    if (isFirst) log.warn({ schema, missing }, 'Waiting for the owner of the schema to migrate');
    await sleep(1_000);
  }
};

const missingOf = async (knex: Knex, schema: string, migrations: Migrations): Promise<string[]> => {
  const names = Object.keys(migrations).sort();
  const { rows } = await knex.raw<{ rows: { readable: boolean | null }[] }>(
    `select has_schema_privilege(n.oid, 'usage') and has_table_privilege(c.oid, 'select') as readable
       from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = ? and c.relname = 'migrations'`,
    [schema],
  );
  if (rows[0]?.readable !== true) return names;
  const applied = await knex('migrations').select<{ name: string }[]>('name');
  const known = new Set(applied.map(({ name }) => name));
  return names.filter((name) => !known.has(name));
};

const createBookkeeping = async (knex: Knex, schema: string): Promise<void> => {
  // Checked first: `create schema if not exists` requires the privilege to create even when the schema exists.
  const { rows } = await knex.raw<{ rows: unknown[] }>('select 1 from pg_namespace where nspname = ?', [schema]);
  if (rows.length === 0) await knex.raw('create schema ??', [schema]);
  const { rows: tables } = await knex.raw<{ rows: unknown[] }>(
    `select 1 from pg_tables where schemaname = ? and tablename = 'migrations'`,
    [schema],
  );
  if (tables.length > 0) return;
  await knex.raw('create table migrations (name text primary key, applied_at timestamptz not null default now())');
};

const apply = async (database: Database, knex: Knex, name: string, migration: Migration | undefined): Promise<void> => {
  if (migration === undefined) return;
  const startedAt = performance.now();
  const isNew = await (migration.isTransaction === false
    ? applyInSteps(knex, name, migration)
    : applyAsOne(knex, name, migration));
  const tookMs = Math.round(performance.now() - startedAt);
  if (!isNew) return;
  database.migrated.applied += 1;
  database.log.info({ schema: database.schema, migration: name, tookMs }, 'migration applied');
};

/** Returns false when the migration was applied before. */
const applyAsOne = (knex: Knex, name: string, migration: Migration): Promise<boolean> =>
  knex.transaction(async (tx) => {
    // The row is inserted before the migration runs: if the lock was lost meanwhile, a second process waits here.
    if (!(await record(tx, name))) return false;
    await migration.up(tx);
    return true;
  });

const applyInSteps = async (knex: Knex, name: string, migration: Migration): Promise<boolean> => {
  const applied = await knex('migrations').where({ name }).first<{ name: string } | undefined>('name');
  if (applied !== undefined) return false;
  // The pool has one connection besides that of the lock, so this applies to each statement of the migration.
  await knex.raw(`set lock_timeout = ${lockTimeoutMs}`);
  await migration.up(knex);
  await knex.raw('set lock_timeout = 0');
  return record(knex, name);
};

/** Records that a migration is applied; false when it was recorded before. */
const record = async (knex: Knex, name: string): Promise<boolean> => {
  const { rows } = await knex.raw<{ rows: unknown[] }>(
    'insert into migrations (name) values (?) on conflict do nothing returning name',
    [name],
  );
  return rows.length > 0;
};
