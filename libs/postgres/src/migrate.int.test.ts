import { eventually, freshDatabases } from '@parley/testing';
import { expect, test } from 'vitest';
import { type Database, connectDatabase } from './connect.js';
import { type Migrations, migrate } from './migrate.js';

const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

const two: Migrations = {
  '0002_second': { up: async (knex) => void (await knex.raw('alter table things add column colour text')) },
  '0001_first': { up: async (knex) => void (await knex.raw('create table things (id int primary key)')) },
};

/** The same, of which the first takes until `others` processes wait for it. */
const twoAwaitedBy = (others: number): Migrations => ({
  ...two,
  '0001_first': {
    up: async (knex) => {
      await two['0001_first']?.up(knex);
      await eventually(async () => {
        // Otherwise every look in this transaction would show the sessions that the first one saw.
        await knex.raw('select pg_stat_clear_snapshot()');
        const { rows } = await knex.raw<{ rows: unknown[] }>(
          `select pid from pg_stat_activity where datname = current_database() and query like '%pg_try_advisory_xact_lock%'
             and pid <> pg_backend_pid()`,
        );
        // One of them has the lock; one that tries again may do so on another connection.
        return rows.length > others;
      });
    },
  },
});

/** A database without any schema, and `count` connections to it, as several processes would open. */
const withDatabases = async (count: number, work: (databases: Database[]) => Promise<void>): Promise<void> => {
  await using empty = await freshDatabases([]);
  const databases = Array.from({ length: count }, () => connectDatabase({ url: empty.url, schema: 'things', log }));
  try {
    await work(databases);
  } finally {
    await Promise.all(databases.map((database) => database.close()));
  }
};

const only = ([database]: Database[]): Database => {
  if (database === undefined) throw new Error('no database');
  return database;
};

const applied = async (database: Database): Promise<string[]> => {
  const rows = await database.knex('migrations').select<{ name: string }[]>('name').orderBy('applied_at');
  return rows.map(({ name }) => name);
};

test('processes that start together apply each migration once, in the order of the names', () =>
  withDatabases(4, async (databases) => {
    await Promise.all(databases.map((database) => migrate(database, twoAwaitedBy(3))));
    expect(await applied(only(databases))).toEqual(['0001_first', '0002_second']);
  }));

test('a migration that fails leaves nothing, and those before it stay', () =>
  withDatabases(1, async (databases) => {
    const database = only(databases);
    const broken: Migrations = {
      ...two,
      '0002_second': {
        up: async (knex) => {
          await knex.raw('create table half ()');
          throw new Error('not this time');
        },
      },
    };
    await expect(migrate(database, broken)).rejects.toThrow('Migrating the schema things failed');
    expect(await applied(database)).toEqual(['0001_first']);
    expect(await database.knex.schema.hasTable('half')).toBe(false);
    await migrate(database, two);
    expect(await applied(database)).toEqual(['0001_first', '0002_second']);
  }));

test('older code runs on a schema that newer code has migrated', () =>
  withDatabases(1, async (databases) => {
    const database = only(databases);
    await migrate(database, { ...two, '0003_newer': { up: async () => {} } });
    await migrate(database, two);
    expect(await applied(database)).toContain('0003_newer');
  }));

test('a process whose schema is current starts while another one holds the lock to migrate', () =>
  withDatabases(2, async ([database, other]) => {
    if (database === undefined || other === undefined) throw new Error('no databases');
    await migrate(database, two);
    await other.knex.transaction(async (lock) => {
      await lock.raw(`select pg_advisory_xact_lock(hashtext('things'))`);
      await migrate(database, two);
    });
    expect(await applied(database)).toEqual(['0001_first', '0002_second']);
  }));

test('a migration may take longer than a statement otherwise may', async () => {
  await using empty = await freshDatabases([]);
  const database = connectDatabase({ url: empty.url, schema: 'things', statementTimeoutMs: 100, log });
  await migrate(database, two);
  expect(await applied(database)).toHaveLength(2);
  await database.close();
});

test('a connection that is lost on the way is no end: it goes on when PostgreSQL is back', () =>
  withDatabases(1, async (databases) => {
    const database = only(databases);
    let attempts = 0;
    const interrupted: Migrations = {
      '0001_first': { up: async (knex) => void (await knex.raw('create table things (id int primary key)')) },
      '0002_second': {
        up: async (knex) => {
          attempts += 1;
          await knex.raw('alter table things add column colour text');
          if (attempts === 1) await knex.raw('select pg_terminate_backend(pg_backend_pid())');
        },
      },
    };
    await migrate(database, interrupted);
    expect(attempts).toBe(2);
    expect(await applied(database)).toEqual(['0001_first', '0002_second']);
  }));

test('a migration outside of a transaction builds an index concurrently while other processes wait to migrate', () =>
  withDatabases(4, async (databases) => {
    const inSteps: Migrations = {
      ...two,
      '0003_index': {
        isTransaction: false,
        up: async (knex) => {
          await knex.raw('drop index if exists things_by_colour');
          await knex.raw('create index concurrently things_by_colour on things (colour)');
        },
      },
    };
    await Promise.all(databases.map((database) => migrate(database, inSteps)));
    expect(await applied(only(databases))).toEqual(['0001_first', '0002_second', '0003_index']);
  }));

test('a migration outside of a transaction runs again from its first step when it was interrupted', () =>
  withDatabases(1, async (databases) => {
    const database = only(databases);
    let attempts = 0;
    const interrupted: Migrations = {
      '0001_steps': {
        isTransaction: false,
        up: async (knex) => {
          attempts += 1;
          await knex.raw('create table if not exists things (id int primary key)');
          if (attempts === 1) await knex.raw('select pg_terminate_backend(pg_backend_pid())');
        },
      },
    };
    await migrate(database, interrupted);
    expect(attempts).toBe(2);
    expect(await applied(database)).toEqual(['0001_steps']);
  }));
