import { Fault } from '@parley/contracts';
import { eventually, freshDatabase } from '@parley/testing';
import { expect, test } from 'vitest';
import { connectDatabase } from './connect.js';
import type { Migrations } from './migrate.js';
import { query, transact } from './transaction.js';

const migrations: Migrations = {
  '0001_things': {
    up: async (knex) => {
      await knex.raw(`
        create table things (
          id int primary key,
          name text,
          amount int not null default 0,
          parent int constraint things_parent references things,
          constraint things_name unique (name),
          constraint things_amount check (amount >= 0)
        )`);
      await knex.raw(`insert into things (id, name) values (1, 'one'), (2, 'two')`);
    },
  },
};

const fresh = () => freshDatabase({ schema: 'things', migrations });

test('what a transaction did is kept when it resolves and gone when it rejects', async () => {
  await using database = await fresh();
  await transact(database, 'add', async (tx) => void (await tx('things').insert({ id: 3 })));
  const refused = new Fault('forbidden', 'not_you', 'Not you');
  const failing = transact(database, 'add', async (tx) => {
    await tx('things').insert({ id: 4 });
    throw refused;
  });
  await expect(failing).rejects.toBe(refused);
  expect(await query(database, 'ids', (knex) => knex('things').pluck<number[]>('id').orderBy('id'))).toEqual([1, 2, 3]);
});

test('two transactions that deadlock both succeed', async () => {
  await using database = await fresh();
  let runs = 0;
  let holding = 0;
  let bothHoldOne = (): void => {};
  const meeting = new Promise<void>((resolve) => (bothHoldOne = resolve));
  const addTo = (first: number, second: number): Promise<void> =>
    transact(database, 'add to both', async (tx) => {
      runs += 1;
      await tx('things').where({ id: first }).increment('amount', 1);
      holding += 1;
      if (holding === 2) bothHoldOne();
      await meeting;
      await tx('things').where({ id: second }).increment('amount', 1);
    });
  await Promise.all([addTo(1, 2), addTo(2, 1)]);
  expect(runs).toBe(3);
  expect(await database.knex('things').pluck<number[]>('amount')).toEqual([2, 2]);
});

test('a broken constraint becomes the fault that the caller names for it', async () => {
  await using database = await fresh();
  const byConstraint = {
    things_name: () => new Fault('conflict', 'name_taken', 'Taken'),
    things_parent: () => new Fault('not_found', 'parent_not_found', 'No such parent'),
    things_amount: () => new Fault('invalid', 'bad_amount', 'Not below nothing'),
  };
  const insert = (row: object): Promise<unknown> =>
    query(database, 'insert', (knex) => knex('things').insert(row), byConstraint);
  await expect(insert({ id: 5, name: 'one' })).rejects.toMatchObject({ reason: 'name_taken' });
  await expect(insert({ id: 5, parent: 9 })).rejects.toMatchObject({ reason: 'parent_not_found' });
  await expect(insert({ id: 5, amount: -1 })).rejects.toMatchObject({ reason: 'bad_amount' });
  await expect(insert({ id: 1 })).rejects.toMatchObject({ code: 'internal' });
  await expect(
    transact(database, 'insert', (tx) => tx('things').insert({ id: 5, name: 'one' }), byConstraint),
  ).rejects.toMatchObject({ reason: 'name_taken' });
});

test('text that PostgreSQL cannot hold is the fault of who sent it', async () => {
  await using database = await fresh();
  const insert = query(database, 'insert', (knex) => knex('things').insert({ id: 5, name: 'a\u0000b' }));
  await expect(insert).rejects.toMatchObject({ code: 'invalid', reason: 'bad_text' });
});

test('no value of a parameter gets into an error', async () => {
  await using database = await fresh();
  const recorded = async (work: Promise<unknown>): Promise<string> => {
    const error: unknown = await work.catch((reason: unknown) => reason);
    const causes: string[] = [];
    for (let at = error; at instanceof Error; at = at.cause) causes.push(at.message, at.stack ?? '');
    return causes.join('\n');
  };
  const broken = query(database, 'broken', (knex) => knex.raw('select ? from nowhere', ['s3cret']));
  expect(await recorded(broken)).toContain('nowhere');
  expect(await recorded(broken)).not.toContain('s3cret');
  const unconverted = query(database, 'cast', (knex) => knex.raw('select ?::int', ['s3cret']));
  expect(await recorded(unconverted)).not.toContain('s3cret');
});

test('a statement and the wait for a connection each have a deadline', async () => {
  await using database = await fresh();
  const hasty = connectDatabase({ ...database, statementTimeoutMs: 100, poolMax: 1 });
  const slow = query(hasty, 'slow', (knex) => knex.raw('select pg_sleep(5)'));
  await expect(slow).rejects.toMatchObject({ code: 'unavailable', reason: 'store_timeout' });

  const patient = connectDatabase({ ...database, poolMax: 1, poolWaitMs: 100 });
  let release = (): void => undefined;
  const released = new Promise<void>((resolve) => (release = resolve));
  await eventually(() => patient.ping());
  const holder = transact(patient, 'hold', () => released);
  await eventually(() => patient.pool().used === 1);
  await expect(patient.ping()).rejects.toMatchObject({ code: 'unavailable', reason: 'store_unavailable' });
  release();
  await holder;
  await Promise.all([hasty.close(), patient.close()]);
});
