import { type RunningServer, eventually, servers, startPostgres } from '@parley/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Database, connectDatabase } from './connect.js';
import { migrate } from './migrate.js';
import { query, transact } from './transaction.js';

const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const unavailable = { code: 'unavailable', reason: 'store_unavailable', retryAfterMs: 1_000 };

let server: RunningServer;
let database: Database;

beforeAll(async () => {
  server = await startPostgres();
  database = connectDatabase({ url: server.url, schema: 'things', log });
  await migrate(database, { '0001': { up: async (knex) => void (await knex.raw('create table things (id int)')) } });
});
afterAll(async () => {
  await database.close();
  await server.stop();
});

const count = async (): Promise<number> => (await query(database, 'all', (knex) => knex('things').select('*'))).length;

test('after PostgreSQL was killed and started again every pooled connection is replaced', async () => {
  // Several idle connections in the pool, and one in the middle of a transaction.
  await Promise.all(
    Array.from({ length: 5 }, () => query(database, 'wait', (knex) => knex.raw('select pg_sleep(0.05)'))),
  );
  const interrupted = expect(
    transact(database, 'interrupted', async (tx) => {
      await tx.raw('insert into things values (1)');
      await server.kill('SIGKILL');
      // The server's child processes end a moment after it.
      for (;;) await tx.raw('insert into things values (2)');
    }),
  ).rejects.toMatchObject(unavailable);
  await interrupted;
  await expect(database.ping()).rejects.toMatchObject(unavailable);
  await server.start();
  await database.ping();
  await expect(Promise.all(Array.from({ length: 10 }, count))).resolves.toEqual(Array.from({ length: 10 }, () => 0));
});

test('migrating waits for a PostgreSQL that is not there yet', async () => {
  await server.kill('SIGINT');
  const migrated = migrate(database, {});
  await server.start();
  await migrated;
});

test('a server that says nothing is unavailable within the deadlines', async () => {
  const hasty = connectDatabase({ url: server.url, schema: 'things', statementTimeoutMs: 100, poolMax: 1, log });
  await hasty.ping();
  const { rows } = await hasty.knex.raw<{ rows: { pid: number }[] }>('select pg_backend_pid() as pid');
  const backend = rows[0]?.pid ?? 0;
  process.kill(backend, 'SIGSTOP');
  try {
    await expect(hasty.ping()).rejects.toMatchObject(unavailable);
    // The silent connection is not used again.
    await eventually(() => hasty.ping());
  } finally {
    process.kill(backend, 'SIGCONT');
    await hasty.close();
  }
});

test('what the url brings as options is kept beside the search path', async () => {
  const url = new URL(servers().postgresUrl);
  url.searchParams.set('options', '-c work_mem=5MB');
  const other = connectDatabase({ url: url.toString(), schema: 'elsewhere', applicationName: 'probe', log });
  const show = async (name: string): Promise<unknown> => {
    const { rows } = await other.knex.raw<{ rows: unknown[] }>(`select current_setting('${name}') as value`);
    return rows[0];
  };
  expect(await show('work_mem')).toEqual({ value: '5MB' });
  expect(await show('search_path')).toEqual({ value: 'elsewhere' });
  expect(await show('application_name')).toEqual({ value: 'probe' });
  await other.close();
});

test('a schema whose name would need quotes is refused', () => {
  expect(() => connectDatabase({ url: server.url, schema: 'a b', log })).toThrow('Not a name for a schema');
});

test('the server notices a client whose machine is gone before its callers give up', async () => {
  const { rows } = await database.knex.raw<{ rows: Record<string, string>[] }>(
    `select ${['idle', 'interval', 'count'].map((name) => `current_setting('tcp_keepalives_${name}') as ${name}`).join(', ')}`,
  );
  const [{ idle, interval, count } = {}] = rows;
  expect(Number(idle) + Number(interval) * Number(count)).toBeLessThanOrEqual(10);
});
