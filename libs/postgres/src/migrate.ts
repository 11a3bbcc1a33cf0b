import { setTimeout as sleep } from 'node:timers/promises';
import type { Knex } from 'knex';
import type { Database } from './connect.js';
import { faultFromSql } from './faults.js';
import { grantToService, mayMigrate } from './roles.postgres.js';
import { waitForServer } from './wait-for-server.js';

export interface Migration {
  up(knex: Knex): Promise<void>;
}

/** Name → migration; applied in the order of the names, which therefore begin with a number. */
export type Migrations = Readonly<Record<string, Migration>>;

const waitForOwnerMs = 60_000;
const triesMax = 5;

/**
 * Migrates the schema, forward only. Waits up to 60 s for PostgreSQL, and again when the connection is lost meanwhile: committed migrations
 * are kept. Of several processes that start together one migrates while the others wait; each migration is a transaction of its own.
 * Unknown names in the table are newer migrations: during a rolling update old code runs on the new schema.
 */
export const migrate = async (database: Database, migrations: Migrations): Promise<void> => {
  const startedAt = performance.now();
  for (let tries = 1; ; tries++) {
    await waitForServer(database);
    try {
      if (!(await migrateOnce(database, migrations))) await waitForMigrations(database, migrations);
      database.migrated.seconds += (performance.now() - startedAt) / 1_000;
      return;
    } catch (error) {
      if (error instanceof NotMigrated) throw error;
      if (faultFromSql(error).code !== 'unavailable' || tries === triesMax)
        throw new Error(`Migrating the schema ${database.schema} failed`, { cause: error });
      database.log.warn({ schema: database.schema, err: error }, 'PostgreSQL was lost while migrating; going on');
    }
  }
};

/** Returns false when this role does not own the schema, so that another one has to migrate. */
const migrateOnce = async (database: Database, migrations: Migrations): Promise<boolean> => {
  const knex = database.withoutDeadlines();
  try {
    if (!(await mayMigrate(knex, database.schema))) return false;
    // The lock lives as long as this transaction, which does nothing else: if the process dies, PostgreSQL releases it.
    await knex.transaction(async (lock) => {
      await lock.raw('select pg_advisory_xact_lock(hashtext(?))', [database.schema]);
      await createBookkeeping(knex, database.schema);
      for (const name of Object.keys(migrations).sort()) await apply(database, knex, name, migrations[name]);
      await grantToService(knex, database.schema);
    });
    return true;
  } finally {
    await knex.destroy();
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
  const isNew = await knex.transaction(async (tx) => {
    // The row is inserted before the migration runs: if the lock was lost meanwhile, a second process waits here.
    const { rows } = await tx.raw<{ rows: unknown[] }>(
      'insert into migrations (name) values (?) on conflict do nothing returning name',
      [name],
    );
    if (rows.length === 0) return false;
    await migration.up(tx);
    return true;
  });
  const tookMs = Math.round(performance.now() - startedAt);
  if (!isNew) return;
  database.migrated.applied += 1;
  database.log.info({ schema: database.schema, migration: name, tookMs }, 'migration applied');
};
