import { type Deadline, deadlineIn, timeLeft } from '@parley/contracts';
import { startTelemetry } from '@parley/runtime';
import { eventually, freshDatabase } from '@parley/testing';
import type { Knex } from 'knex';
import { afterAll, expect, test } from 'vitest';
import { withCallerDeadline } from './caller-deadline.js';
import { connectDatabase } from './connect.js';
import { query, transact } from './transaction.js';

// Registers the context manager, as each service does.
const telemetry = await startTelemetry({ service: 'test', instanceId: '1', sampleRatio: 0 });
afterAll(() => telemetry.shutdown());

const things = {
  '0001': { up: async (knex: Knex) => void (await knex.raw('create table things (id int)')) },
};
const fresh = () => freshDatabase({ schema: 'things', migrations: things });

/** Blocks this process, as SIGSTOP and SIGCONT do, while all others continue. */
const stopProcess = (ms: number): void => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
const turnOfTheLoop = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const late = { code: 'unavailable', reason: 'deadline_exceeded' };

/** Runs `work` as a handler for a gateway that waits until `deadline`. */
const calling = <T>(deadline: Deadline, work: () => Promise<T>): Promise<T> => withCallerDeadline(deadline, work);

test('a process that was stopped finds the connection that became free meanwhile', async () => {
  await using own = await fresh();
  const database = connectDatabase({ ...own, poolMax: 1, poolWaitMs: 300 });
  await database.ping();
  const holder = query(database, 'hold', (knex) => knex.raw('select pg_sleep(0.1)'));
  const waiting = query(database, 'wait', (knex) => knex.raw('select 1'));
  await turnOfTheLoop();
  stopProcess(600);
  await Promise.all([holder, waiting]);
  await database.close();
});

test('a process that was stopped while it connected has its connection', async () => {
  await using own = await fresh();
  const database = connectDatabase({ ...own, poolMax: 1, poolWaitMs: 10_000 });
  const connecting = database.ping();
  await turnOfTheLoop();
  stopProcess(3_500);
  await connecting;
  await database.close();
});

test('a process that was stopped reads the answer to its query', async () => {
  await using own = await fresh();
  // The client waits for answers 5 s longer than statements may take.
  const database = connectDatabase({ ...own, poolMax: 1, statementTimeoutMs: 100 });
  await database.ping();
  const asking = query(database, 'ask', (knex) => knex.raw('select 1'));
  await turnOfTheLoop();
  stopProcess(5_400);
  await asking;
  await database.close();
}, 15_000);

test('a call whose caller has stopped waiting executes nothing', async () => {
  await using database = await fresh();
  const insert = () => query(database, 'insert', (knex) => knex('things').insert({ id: 1 }));
  const inTransaction = () => transact(database, 'insert', async (tx) => void (await tx('things').insert({ id: 2 })));
  await expect(calling(deadlineIn(-1), insert)).rejects.toMatchObject(late);
  await expect(calling(deadlineIn(-1), inTransaction)).rejects.toMatchObject(late);
  await calling(deadlineIn(5_000), insert);
  expect(await database.knex('things').pluck('id')).toEqual([1]);
  expect(database.pool()).toMatchObject({ used: 0, waiting: 0 });
});

test('a call whose deadline passes while it waits for a connection leaves the queue and executes nothing', async () => {
  await using own = await fresh();
  const database = connectDatabase({ ...own, poolMax: 1 });
  let release = (): void => undefined;
  const released = new Promise<void>((resolve) => (release = resolve));
  const holder = transact(database, 'hold', () => released);
  await eventually(() => expect(database.pool().used).toBe(1));
  const insert = (id: number) => () => query(database, 'insert', (knex) => knex('things').insert({ id }));
  const patient = calling(deadlineIn(10_000), insert(2));
  await expect(calling(deadlineIn(50), insert(1))).rejects.toMatchObject(late);
  expect(database.pool()).toMatchObject({ used: 1, waiting: 1 });
  release();
  await Promise.all([holder, patient]);
  expect(await database.knex('things').pluck('id')).toEqual([2]);
  expect(database.pool()).toMatchObject({ used: 0, waiting: 0 });
  await database.close();
});

test('a connection that arrives after the deadline goes back and the call executes nothing', async () => {
  await using own = await fresh();
  const database = connectDatabase({ ...own, poolMax: 1 });
  await database.ping();
  const holder = query(database, 'hold', (knex) => knex.raw('select pg_sleep(0.1)'));
  const insert = calling(deadlineIn(150), () => query(database, 'insert', (knex) => knex('things').insert({ id: 1 })));
  const refused = expect(insert).rejects.toMatchObject(late);
  await turnOfTheLoop();
  stopProcess(400);
  await Promise.all([holder, refused]);
  expect(await database.knex('things').pluck('id')).toEqual([]);
  await database.close();
});

test('a transaction that has begun is finished, whoever still waits', async () => {
  await using database = await fresh();
  await database.ping();
  const deadline = deadlineIn(500);
  await calling(deadline, () =>
    transact(database, 'slow', async (tx) => {
      await tx.raw('select 1');
      await eventually(() => timeLeft(deadline) < 0);
      await tx('things').insert({ id: 1 });
    }),
  );
  expect(await database.knex('things').pluck('id')).toEqual([1]);
});
