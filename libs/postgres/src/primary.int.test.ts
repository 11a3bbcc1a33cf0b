// Two servers of which one takes writes, as a primary and its standby do.
import { type RunningServer, eventually, startPostgres } from '@parley/testing';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { checkDatabase } from './check-database.js';
import { type Database, connectDatabase } from './connect.js';

const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

let [one, other]: RunningServer[] = [];
let url = '';
const opened: Database[] = [];

beforeAll(async () => {
  [one, other] = await Promise.all([startPostgres(), startPostgres()]);
  url = one.url.replace(`127.0.0.1:${one.port}`, `127.0.0.1:${one.port},127.0.0.1:${other.port}`);
});
afterEach(async () => {
  for (const database of opened.splice(0)) await database.close();
});
afterAll(() => Promise.all([one?.stop(), other?.stop()]));

const open = (): Database => {
  const database = connectDatabase({ url, schema: 'public', poolMax: 2, log });
  opened.push(database);
  return database;
};

/** As a standby, it then refuses every statement that writes. */
const setStandby = async (server: RunningServer | undefined, isStandby: boolean): Promise<void> => {
  const client = new pg.Client({ connectionString: server?.url ?? '' });
  await client.connect();
  await client.query('set default_transaction_read_only = off');
  await client.query(`alter system set default_transaction_read_only = ${isStandby ? 'on' : 'off'}`);
  await client.query('select pg_reload_conf()');
  await client.end();
};

const portOf = async ({ knex }: Database): Promise<number> => {
  const { rows } = await knex.raw<{ rows: { port: string }[] }>(`select current_setting('port') as port`);
  return Number(rows[0]?.port);
};

test('the host that takes writes is found wherever it stands, and found again after a failover', async () => {
  await setStandby(one, true);
  await setStandby(other, false);
  const database = open();
  expect(await portOf(database)).toBe(other?.port);
  await database.knex.raw('create table if not exists written (n int)');

  await setStandby(one, false);
  await other?.kill('SIGKILL');
  await eventually(async () => expect(await portOf(database)).toBe(one?.port));
  await other?.start();
});

test('a server that becomes a standby under an open connection is left', async () => {
  await setStandby(one, false);
  await setStandby(other, false);
  const database = open();
  expect(await portOf(database)).toBe(one?.port);
  await setStandby(one, true);
  // The setting reaches an open session with its next statement.
  await expect(database.knex.raw('create table refused (n int)')).rejects.toMatchObject({ code: '25006' });
  expect(await portOf(database)).toBe(other?.port);
  await setStandby(one, false);
});

test('without a host that takes writes the database is away, and a check says so', async () => {
  await Promise.all([setStandby(one, true), setStandby(other, true)]);
  await expect(open().ping()).rejects.toMatchObject({ code: 'unavailable', reason: 'store_unavailable' });
  expect(await checkDatabase(url, [])).toMatchObject({ kind: 'unreachable', sentence: /is a standby/ });
  await Promise.all([setStandby(one, false), setStandby(other, false)]);
  expect(await checkDatabase(url, [])).toBeNull();
});
