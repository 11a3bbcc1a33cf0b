import { callSubject, deadlineIn, everyEventOf, timeLeft } from '@parley/contracts';
import { type RunningServer, startNats } from '@parley/testing';
import { once } from 'node:events';
import { readFileSync, readdirSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  type CountingBus,
  type Demo,
  ThingMade,
  caller as options,
  channel,
  demo,
  handlersOf,
  recordingLog,
  until,
} from './testing/demo.js';
import { dialPatiently } from './nats-connect.js';
import { connectNats } from './nats.js';

// A separate server, because these tests kill it.
let nats: RunningServer;
let server: CountingBus;
let caller: CountingBus;

beforeEach(async () => {
  nats = await startNats();
  const { log } = recordingLog();
  [server, caller] = (await Promise.all(
    ['server', 'caller'].map((name) => connectNats({ servers: nats.url, name, log })),
  )) as [CountingBus, CountingBus];
});

afterEach(async () => {
  await Promise.all([server.drain(), caller.drain()]);
  await nats.stop();
});

/** Below the shortest deadline of these calls, 3 s. */
const atOnceMs = 2_000;
const patient = () => ({ ...options, deadline: deadlineIn(30_000) });

const took = async (work: Promise<unknown>): Promise<number> => {
  const start = performance.now();
  await work.catch(() => undefined);
  return performance.now() - start;
};

/** Serves calls, of which the first is answered when `release` is called. */
const holdingFirst = async (c: Demo) => {
  const calls = { count: 0, release: (): void => undefined };
  const held = new Promise<void>((resolve) => (calls.release = resolve));
  const turn = (): Promise<void> | undefined => ((calls.count += 1) === 1 ? held : undefined);
  await server.serve(
    c,
    handlersOf({
      get: async ({ id, text }) => (await turn(), { id, text }),
      make: async ({ text }) => (await turn(), { text }),
    }),
  );
  return calls;
};

test('with the server killed, calls fail at once and events are dropped; when it is back everything works again by itself', async () => {
  const c = demo();
  const scope = channel();
  const received: number[] = [];
  const changes: boolean[] = [];
  await server.serve(c, handlersOf());
  await caller.listen(everyEventOf(scope), ThingMade, (event) => void received.push(event.n));
  caller.onConnectionChange((connected) => void changes.push(connected));
  const { thing } = caller.client(c);
  await thing.get({ id: 1 }, options);

  await nats.kill('SIGKILL');
  await until(() => !caller.connected && !server.connected);
  for (const call of [() => thing.get({ id: 1 }, options), () => thing.make({ text: 'x' }, options)]) {
    const start = performance.now();
    await expect(call()).rejects.toMatchObject({
      code: 'unavailable',
      reason: 'bus_down',
      retryAfterMs: 1000,
      undelivered: true,
    });
    expect(performance.now() - start).toBeLessThan(atOnceMs);
  }
  const madeWhileDown: { name: string; n: number } = { name: 'thing.made', n: 1 };
  server.publish(madeWhileDown, [scope]);
  expect(server.counts.droppedEvents).toBe(1);
  // Subscriptions and services that start during the outage work as soon as the connection is restored.
  const late: number[] = [];
  await caller.listen(everyEventOf(scope), ThingMade, (event) => void late.push(event.n));
  const second = demo();
  await server.serve(second, handlersOf());

  await nats.start();
  await until(() => caller.connected && server.connected);
  expect(changes).toEqual([false, true]);
  await expect(thing.get({ id: 2 }, options)).resolves.toMatchObject({ id: 2 });
  await expect(caller.client(second).thing.get({ id: 3 }, options)).resolves.toMatchObject({ id: 3 });
  const madeAfter: { name: string; n: number } = { name: 'thing.made', n: 2 };
  server.publish(madeAfter, [scope]);
  await until(() => received.length === 1 && late.length === 1);
  expect([received, late]).toEqual([[2], [2]]);
});

test('a call in flight when the server is killed fails at once and is not made again', async () => {
  const c = demo();
  const calls = await holdingFirst(c);
  const call = caller.client(c).thing.make({ text: 'x' }, options);
  const outcome = call.then(
    () => undefined,
    (error: unknown) => error,
  );
  await until(() => calls.count === 1);
  const [ms] = await Promise.all([took(call), nats.kill('SIGKILL')]);
  const error = await outcome;
  expect(error).toMatchObject({ code: 'unavailable', reason: 'bus_down', undelivered: undefined });
  expect(ms).toBeLessThan(atOnceMs);
  await nats.start();
  await until(() => caller.connected && server.connected);
  // After it, whatever was sent again has arrived.
  await caller.client(c).thing.make({ text: 'y' }, options);
  expect(calls.count).toBe(2);
  calls.release();
});

test('a repeatable call in flight when the server is killed is made once more when it is back', async () => {
  const c = demo();
  const calls = await holdingFirst(c);
  const call = caller.client(c).thing.get({ id: 7 }, patient());
  await until(() => calls.count === 1);
  await nats.kill('SIGKILL');
  await nats.start();
  await expect(call).resolves.toMatchObject({ id: 7 });
  expect(calls.count).toBe(2);
  calls.release();
});

/** Positions in the memory that a test shares with its worker thread. */
const [receivedCount, isCallerBlocked, isAnswered] = [0, 1, 2];

/**
 * Answers `expected` calls of one operation from a worker thread, which continues while this one is blocked: when all have arrived and the
 * caller is blocked.
 */
const answerElsewhere = async (subject: string, expected: number) => {
  const shared = new Int32Array(new SharedArrayBuffer(12));
  const code = `
    const { parentPort, workerData } = require('node:worker_threads');
    const { shared } = workerData;
    const messages = [];
    require('nats').connect({ servers: workerData.url }).then(async (nc) => {
      nc.subscribe(workerData.subject, { callback: (_, message) => {
        messages.push(message);
        Atomics.store(shared, ${receivedCount}, messages.length);
        if (messages.length < workerData.expected) return;
        Atomics.wait(shared, ${isCallerBlocked}, 0);
        for (const each of messages) each.respond(each.data);
        nc.flush().then(() => {
          Atomics.store(shared, ${isAnswered}, 1);
          Atomics.notify(shared, ${isAnswered});
        });
      } });
      await nc.flush();
      parentPort.postMessage('ready');
    });`;
  const worker = new Worker(code, { eval: true, workerData: { url: nats.url, subject, expected, shared } });
  await once(worker, 'message');
  return { worker, shared };
};

test('a caller whose process was stopped takes the answers that arrived meanwhile, though their deadlines are over', async () => {
  const c = demo();
  const texts = Array.from({ length: 50 }, (_, i) => 'x'.repeat(20_000) + i);
  const { worker, shared } = await answerElsewhere(callSubject(c.service, 'thing', 'make'), texts.length);
  try {
    const { thing } = caller.client(c);
    const deadline = deadlineIn(4_000);
    const calls = Promise.all(texts.map((text) => thing.make({ text }, { ...options, deadline })));
    await until(() => Atomics.load(shared, receivedCount) === texts.length);
    // From here on this process is blocked, until the answers have been sent and the deadline is over.
    Atomics.store(shared, isCallerBlocked, 1);
    Atomics.notify(shared, isCallerBlocked);
    Atomics.wait(shared, isAnswered, 0, 20_000);
    Atomics.wait(shared, isAnswered, 1, timeLeft(deadline) + 100);
    expect(await calls).toEqual(texts.map((text) => ({ text })));
  } finally {
    await worker.terminate();
  }
});

/** A signal reaches the threads of a process one by one. */
const isStopped = (pid: number): boolean =>
  readdirSync(`/proc/${pid}/task`).every((task) =>
    /^State:\s+T/m.test(readFileSync(`/proc/${pid}/task/${task}/status`, 'utf8')),
  );

// Without /proc there is no way to detect when the server has stopped.
test.skipIf(process.platform !== 'linux')(
  'a server frozen in its tracks does not hold a call longer than its deadline',
  async () => {
    const c = demo();
    await server.serve(c, handlersOf());
    await nats.kill('SIGSTOP');
    await until(() => isStopped(nats.pid));
    const call = caller.client(c).thing.make({ text: 'x' }, { ...options, deadline: deadlineIn(300) });
    await expect(call).rejects.toMatchObject({ code: 'unavailable', reason: 'deadline_exceeded' });
    await nats.kill('SIGCONT');
  },
);

test('draining while the server is down ends soon', async () => {
  const c = demo();
  await server.serve(c, handlersOf());
  await nats.kill('SIGKILL');
  await until(() => !server.connected);
  expect(await took(server.drain())).toBeLessThan(8_000);
});

test('without a server the first connection is given up with a reason', async () => {
  const { log } = recordingLog();
  await nats.kill('SIGKILL');
  await expect(dialPatiently({ servers: nats.url, name: 'nobody', log }, 1000)).rejects.toThrow(
    /no NATS answers at 127\.0\.0\.1/,
  );
});

test('a connection signs in as the url says, and again when the server comes back', async () => {
  const { log } = recordingLog();
  const closed = await startNats({ user: 'parley', password: 'open-sesame' });
  try {
    const bus = await connectNats({ servers: closed.url, name: 'known', log });
    await closed.kill('SIGKILL');
    await until(() => !bus.connected);
    await closed.start();
    await until(() => bus.connected);
    await bus.drain();
    const wrong = closed.url.replace('sesame', 'barley');
    await expect(dialPatiently({ servers: wrong, name: 'stranger', log }, 10_000)).rejects.toThrow(
      /refused the user or the password/,
    );
  } finally {
    await closed.stop();
  }
});
