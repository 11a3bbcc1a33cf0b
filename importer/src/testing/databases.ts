import { freshDatabases } from '@parley/testing';
import sqlite from 'node-sqlite3-wasm';
import pg from 'pg';
import { Redis } from 'ioredis';

/** Runs statements on an SQLite file, which is made where it is not. */
export const fillSqlite = (file: string, statements: string): void => {
  const database = new sqlite.Database(file);
  try {
    database.exec('pragma foreign_keys = off');
    database.exec(`begin; ${statements}; commit`);
  } finally {
    database.close();
  }
};

export type OldDatabase = AsyncDisposable & { readonly url: string };

/** A PostgreSQL database of its own with the tables and rows of an old server. `zone`: that of the database. */
export const postgresWith = async (statements: string, zone = 'UTC'): Promise<OldDatabase> => {
  const database = await freshDatabases([]);
  await asOwner(database.url, async (client) => {
    const { rows } = await client.query<{ name: string }>('select current_database() as name');
    await client.query(`alter database ${rows[0]?.name} set timezone to '${zone}'`);
  });
  await asOwner(database.url, (client) => client.query(statements));
  return database;
};

const asOwner = async (url: string, work: (client: pg.Client) => Promise<unknown>): Promise<void> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
};

/** Runs commands against a Redis that only this test uses. */
export const fillRedis = async (url: string, commands: readonly (readonly string[])[]): Promise<void> => {
  const redis = new Redis(url);
  try {
    for (const [name = '', ...values] of commands) await redis.call(name, ...values);
  } finally {
    await redis.quit();
  }
};

/** Runs statements on a PostgreSQL database. */
export const fillPostgres = (url: string, statements: string): Promise<void> =>
  asOwner(url, (client) => client.query(statements));
