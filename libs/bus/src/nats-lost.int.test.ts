import { deadlineIn } from '@parley/contracts';
import { type RunningServer, startNats } from '@parley/testing';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { cuttable } from './cuttable.case.js';
import {
  type CountingBus,
  type Demo,
  caller as options,
  demo,
  handlersOf,
  recordingLog,
  until,
} from './testing/demo.js';
import { connectNats } from './nats.js';

// A separate server, because these tests kill it.
let nats: RunningServer;
let server: CountingBus;
let caller: CountingBus;
const undo: (() => Promise<void>)[] = [];

const busAt = async (url: string, name: string): Promise<CountingBus> => {
  const bus = await connectNats({ servers: url, name, log: recordingLog().log });
  undo.push(() => bus.drain());
  return bus;
};

beforeEach(async () => {
  nats = await startNats();
  [server, caller] = await Promise.all([busAt(nats.url, 'server'), busAt(nats.url, 'caller')]);
});

afterEach(async () => {
  await Promise.all(undo.splice(0).map((end) => end()));
  await nats.stop();
});

const took = async (work: Promise<unknown>): Promise<number> => {
  const start = performance.now();
  await work.catch(() => undefined);
  return performance.now() - start;
};

/** A server that receives calls and never answers them, until its connection is cut like that of a killed process. */
const startDoomed = async (c: Demo) => {
  const way = await cuttable(nats.url);
  const calls = { count: 0, ids: [] as number[] };
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  const bus = await busAt(way.url, 'doomed');
  // Before the drain of its bus, which waits for calls in flight.
  undo.unshift(async () => release());
  const get = async ({ id, text }: { id: number; text: string }) => {
    calls.count += 1;
    calls.ids.push(id);
    await held;
    return { id, text };
  };
  await bus.serve(c, handlersOf({ get }));
  return { calls, bus, kill: way.cut, release };
};

/** A deadline far longer than these calls take: a call that reaches it was not detected as lost. */
const inTime = () => ({ ...options, deadline: deadlineIn(30_000) });
const longBefore = 15_000;
/** Longer than several checks for lost processes, since a test cannot see a check that finds no lost process. */
const slowMs = 1_500;

test('a repeatable call whose server is gone is made once more, long before its deadline', async () => {
  const c = demo();
  const way = await cuttable(nats.url);
  const doomed = await busAt(way.url, 'doomed');
  let begun = 0;
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  await doomed.serve(c, handlersOf({ get: async ({ id, text }) => ((begun += 1), await held, { id, text }) }));
  const call = caller.client(c).thing.get({ id: 7 }, { ...options, deadline: deadlineIn(30_000) });
  await until(() => begun === 1);
  await server.serve(c, handlersOf());
  way.cut();
  expect(await took(call)).toBeLessThan(longBefore);
  // The lost attempt delays nothing: a drain waits ten seconds for a call in flight.
  expect(await took(caller.drain())).toBeLessThan(8_000);
  await expect(call).resolves.toMatchObject({ id: 7 });
  release();
  await doomed.drain();
});

test('a process that came after the caller last asked who is there, and was killed at once, is noticed', async () => {
  const c = demo();
  const { thing } = caller.client(c);
  // Discovers the responders; the next discovery would follow 2 s later.
  await expect(thing.get({ id: 1 }, options)).rejects.toMatchObject({ reason: 'no_responders' });
  const doomed = await startDoomed(c);
  const call = thing.get({ id: 7 }, inTime());
  await until(() => doomed.calls.count === 1);
  await server.serve(c, handlersOf());
  doomed.kill();
  expect(await took(call)).toBeLessThan(longBefore);
  await expect(call).resolves.toMatchObject({ id: 7 });
});

test('a process that is killed with the second attempt is noticed as well', async () => {
  const c = demo();
  const { thing } = caller.client(c);
  const first = await startDoomed(c);
  const call = thing.get({ id: 7 }, inTime());
  await until(() => first.calls.count === 1);
  const second = await startDoomed(c);
  first.kill();
  await until(() => second.calls.count === 1);
  await server.serve(c, handlersOf());
  second.kill();
  expect(await took(call)).toBeLessThan(longBefore);
  await expect(call).resolves.toMatchObject({ id: 7 });
});

test('a process that is killed with what was sent again after NATS came back is noticed as well', async () => {
  const c = demo();
  const { thing } = caller.client(c);
  const doomed = await startDoomed(c);
  const call = thing.get({ id: 7 }, inTime());
  await until(() => doomed.calls.count === 1);
  await nats.kill('SIGKILL');
  await until(() => !caller.connected && !doomed.bus.connected);
  await nats.start();
  await until(() => doomed.calls.count === 2);
  await server.serve(c, handlersOf());
  doomed.kill();
  expect(await took(call)).toBeLessThan(longBefore);
  await expect(call).resolves.toMatchObject({ id: 7 });
});

test('a repeatable call is sent once to a server that is only slow, however slow', async () => {
  const c = demo();
  let calls = 0;
  const slow = async ({ id, text }: { id: number; text: string }) => ((calls += 1), await sleep(slowMs), { id, text });
  await server.serve(c, handlersOf({ get: slow }));
  await expect(caller.client(c).thing.get({ id: 7 }, inTime())).resolves.toMatchObject({ id: 7 });
  expect(calls).toBe(1);
});

test('after a restart of NATS nobody is taken for lost who is only slow', async () => {
  const c = demo();
  let calls = 0;
  const slow = async ({ id, text }: { id: number; text: string }) => ((calls += 1), await sleep(slowMs), { id, text });
  await server.serve(c, handlersOf({ get: slow }));
  const { thing } = caller.client(c);
  await thing.get({ id: 1 }, options);
  await nats.kill('SIGKILL');
  await until(() => !caller.connected && !server.connected);
  await nats.start();
  await until(() => caller.connected && server.connected);
  calls = 0;
  await expect(thing.get({ id: 7 }, inTime())).resolves.toMatchObject({ id: 7 });
  expect(calls).toBe(1);
});

test('a process that leaves with its answers given is not taken for lost', async () => {
  const c = demo();
  const leaving = await busAt(nats.url, 'leaving');
  await leaving.serve(c, handlersOf());
  const slow = await startDoomed(c);
  const { thing } = caller.client(c);
  // Whether or not the server rotates, one of the calls reaches the slow process.
  const calls: Promise<unknown>[] = [];
  while (slow.calls.count === 0) {
    calls.push(thing.get({ id: calls.length + 1 }, inTime()));
    await caller.client(c).thing.make({ text: 'x' }, options);
  }
  await leaving.drain();
  await sleep(slowMs);
  expect(slow.calls.ids).toEqual([...new Set(slow.calls.ids)]);
  slow.release();
  await Promise.all(calls);
});

test('a call that ends every process that gets it is given up, not sent for ever', async () => {
  const c = demo();
  const { thing } = caller.client(c);
  const call = thing.get({ id: 7 }, inTime());
  const outcome = call.catch((error: unknown) => error);
  let ended = 0;
  const waiting = call.catch(() => undefined).then(() => (ended = 1));
  let doomed = await startDoomed(c);
  let attempts = 0;
  while (ended === 0) {
    await until(() => doomed.calls.count > 0 || ended > 0, 10_000);
    attempts += doomed.calls.count;
    const next = await startDoomed(c);
    doomed.kill();
    doomed = next;
  }
  await waiting;
  const error = await outcome;
  expect(error).toMatchObject({ code: 'unavailable', reason: 'no_responders', undelivered: undefined });
  expect(attempts).toBeLessThanOrEqual(4);
});
