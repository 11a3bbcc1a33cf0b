import { existsSync } from 'node:fs';
import { type Migrations, connectDatabase } from '@parley/postgres';
import pg from 'pg';
import { expect, test } from 'vitest';
import { freshDatabase, freshDatabases } from './database.js';
import { type RunningServer, servers, startNats, startPostgres, startRedis } from './index.js';

const notes: Migrations = {
  '0001_notes': {
    up: async (knex) => {
      await knex.raw('create table notes (text text primary key)');
    },
  },
};

const isAlive = (pid: number): boolean => existsSync(`/proc/${pid}`);

const killAndStart = async (server: RunningServer): Promise<void> => {
  const { pid, port } = server;
  await server.kill('SIGKILL');
  expect(isAlive(pid)).toBe(false);
  await server.start();
  expect(server.port).toBe(port);
  expect(server.pid).not.toBe(pid);
};

test.each([
  ['nats', startNats],
  ['redis', startRedis],
])('%s comes back on its port after SIGKILL and is gone after stop', async (_name, start) => {
  const server = await start();
  await killAndStart(server);
  await server.stop();
  expect(isAlive(server.pid)).toBe(false);
});

test('postgres keeps what it committed across SIGKILL', async () => {
  const server = await startPostgres();
  const ask = async (sql: string): Promise<unknown[]> => {
    const client = new pg.Client(server.url);
    await client.connect();
    const { rows } = await client.query<object>(sql);
    await client.end();
    return rows;
  };
  await ask('create table kept (n int)');
  await ask('insert into kept values (1)');
  await killAndStart(server);
  await expect(ask('select n from kept')).resolves.toEqual([{ n: 1 }]);
  await server.stop();
  expect(isAlive(server.pid)).toBe(false);
});

test('the shared servers are known by url', () => {
  expect(servers().natsUrl).toMatch(/^nats:/);
  expect(servers().redisUrl).toMatch(/^redis:/);
});

test('two fresh databases hold the migrations and share nothing; a disposed one is gone', async () => {
  const options = { schema: 'notebook', migrations: notes };
  const first = await freshDatabase(options);
  await using second = await freshDatabase(options);
  await first.knex('notes').insert({ text: 'mine' });
  await expect(second.knex('notes').select('text')).resolves.toEqual([]);
  await first[Symbol.asyncDispose]();
  const again = connectDatabase({ url: first.url, schema: 'notebook', log: second.log });
  await expect(again.ping()).rejects.toMatchObject({ code: 'internal' });
  await again.close();
});

test('several schemas fit in one database, each seen through its own search path', async () => {
  await using all = await freshDatabases([
    { schema: 'left', migrations: notes },
    { schema: 'right', migrations: notes },
  ]);
  const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
  const left = connectDatabase({ url: all.url, schema: 'left', log });
  const right = connectDatabase({ url: all.url, schema: 'right', log });
  await left.knex('notes').insert({ text: 'left' });
  await expect(right.knex('notes').select('text')).resolves.toEqual([]);
  await Promise.all([left.close(), right.close()]);
});
