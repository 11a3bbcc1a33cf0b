import { deadlineIn } from '@parley/contracts';
import { freshDatabase } from '@parley/testing';
import type { Knex } from 'knex';
import { expect, test } from 'vitest';
import { momentsAsText } from './moments.js';
import { Pipeline, runPrepared } from './prepared.js';

const things = {
  '0001': { up: async (knex: Knex) => void (await knex.raw('create table things (id int)')) },
};
const fresh = () => freshDatabase({ schema: 'things', migrations: things });

const insert = (id: number) => ({
  name: 'insert',
  text: 'insert into things values ($1::int) returning id',
  values: [id],
});

test('a prepared statement answers its rows, and its connection returns to the pool', async () => {
  await using database = await fresh();
  expect(await runPrepared(database, 'insert', insert(1), deadlineIn(5_000))).toEqual([{ id: 1 }]);
  expect(await runPrepared(database, 'insert', insert(2))).toEqual([{ id: 2 }]);
  expect(database.pool()).toMatchObject({ used: 0, waiting: 0 });
});

test('a statement for callers who have stopped waiting executes nothing', async () => {
  await using database = await fresh();
  const late = runPrepared(database, 'insert', insert(1), deadlineIn(-1));
  await expect(late).rejects.toMatchObject({ code: 'unavailable', reason: 'deadline_exceeded' });
  expect(await database.knex('things').pluck('id')).toEqual([]);
  expect(database.pool()).toMatchObject({ used: 0, waiting: 0 });
});

test('a broken connection is a fault, and the next statement has another connection', async () => {
  await using database = await fresh();
  const end = { name: 'end', text: 'select pg_terminate_backend(pg_backend_pid())', values: [] };
  await expect(runPrepared(database, 'end', end)).rejects.toMatchObject({ reason: 'store_unavailable' });
  expect(await runPrepared(database, 'insert', insert(3))).toEqual([{ id: 3 }]);
});

test('what PostgreSQL refuses is a fault that quotes no value', async () => {
  await using database = await fresh();
  const wrong = { ...insert(0), name: 'wrong', values: ['a secret'] };
  const fault = await runPrepared(database, 'insert', wrong).catch((error: unknown) => error);
  expect(fault).toMatchObject({ code: 'internal' });
  expect(String((fault as Error).cause)).not.toContain('secret');
});

const sleepAndInsert = (id: number) => ({
  name: 'sleep_and_insert',
  text: 'insert into things select $1::int from pg_sleep(0.1) returning id, pg_backend_pid() as backend',
  values: [id],
});
const insertSeen = (id: number) => ({
  name: 'insert_seen',
  text: 'insert into things values ($1::int) returning id, pg_backend_pid() as backend, (select count(*) from things) as seen',
  values: [id],
});

test('statements of a pipeline run in order on one connection, and each sees what the one before it committed', async () => {
  await using database = await fresh();
  const pipeline = new Pipeline(database);
  const [first, second] = await Promise.all([
    pipeline.run<{ backend: number }>('one', sleepAndInsert(1)),
    pipeline.run<{ backend: number }>('two', insertSeen(2)),
  ]);
  expect(second).toEqual([{ id: 2, backend: first[0]?.backend, seen: '1' }]);
  expect(database.pool()).toMatchObject({ used: 0, free: 1, waiting: 0 });
});

test('a statement for callers who have stopped waiting executes nothing behind another one either', async () => {
  await using database = await fresh();
  const pipeline = new Pipeline(database);
  const results = await Promise.allSettled([
    pipeline.run('one', sleepAndInsert(1), deadlineIn(5_000)),
    pipeline.run('late', insert(2), deadlineIn(-1)),
    pipeline.run('two', insert(3), deadlineIn(5_000)),
  ]);
  expect(results).toMatchObject([
    { status: 'fulfilled' },
    { status: 'rejected', reason: { reason: 'deadline_exceeded' } },
    { status: 'fulfilled' },
  ]);
  expect(await database.knex('things').pluck('id').orderBy('id')).toEqual([1, 3]);
  expect(database.pool()).toMatchObject({ used: 0, waiting: 0 });
});

test('a statement that fails leaves the one behind it as it is', async () => {
  await using database = await fresh();
  const pipeline = new Pipeline(database);
  const results = await Promise.allSettled([
    pipeline.run('one', sleepAndInsert(1)),
    pipeline.run('wrong', { ...insert(0), name: 'wrong', values: ['no number'] }),
    pipeline.run('two', insert(2)),
  ]);
  expect(results).toMatchObject([
    { status: 'fulfilled' },
    { status: 'rejected', reason: { code: 'internal' } },
    { status: 'fulfilled', value: [{ id: 2 }] },
  ]);
  expect(database.pool()).toMatchObject({ used: 0, waiting: 0 });
});

test('a broken connection fails what a pipeline has sent, and what comes next has another connection', async () => {
  await using database = await fresh();
  const pipeline = new Pipeline(database);
  const end = { name: 'end', text: 'select pg_terminate_backend(pg_backend_pid())', values: [] };
  const sent = await Promise.allSettled([pipeline.run('end', end), pipeline.run('insert', insert(1))]);
  expect(sent).toMatchObject([
    { status: 'rejected', reason: { reason: 'store_unavailable' } },
    { status: 'rejected', reason: { reason: 'store_unavailable' } },
  ]);
  expect(await pipeline.run('insert', insert(2))).toEqual([{ id: 2 }]);
  expect(await database.knex('things').pluck('id')).toEqual([2]);
  expect(database.pool()).toMatchObject({ used: 0, waiting: 0 });
});

test('moments are ISO 8601 text in UTC in any time zone, other columns are as usual', async () => {
  await using database = await fresh();
  const text = `
    select n, timestamptz '2026-03-29 00:59:59.999+00' + n * interval '30 minutes' as at, to_jsonb(n) as json
      from set_config('TimeZone', $1, false), generate_series(0, 3) n`;
  const rows = await runPrepared(database, 'at', { name: 'at', text, types: momentsAsText, values: ['Asia/Kolkata'] });
  expect(rows).toEqual([
    { n: 0, at: '2026-03-29T00:59:59.999Z', json: 0 },
    { n: 1, at: '2026-03-29T01:29:59.999Z', json: 1 },
    { n: 2, at: '2026-03-29T01:59:59.999Z', json: 2 },
    { n: 3, at: '2026-03-29T02:29:59.999Z', json: 3 },
  ]);
});
