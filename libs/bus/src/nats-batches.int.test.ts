import { servers, startNatsWithUsers } from '@parley/testing';
import { type CallOptions, callSubject, contract, instancesSubject, livenessSubject } from '@parley/contracts';
import { Empty, type NatsConnection, connect, headers } from 'nats';
import { afterEach, expect, test } from 'vitest';
import { z } from 'zod';
import { cuttable } from './cuttable.case.js';
import { connectNats } from './nats.js';
import { batchHeader, batchItemsMax, decodeBatch } from './nats-batch.js';
import { type Demo, caller, demo, handlersOf, recordingLog, until } from './testing/demo.js';

const undo: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of undo.splice(0).reverse()) await end();
});

const bus = async (url = servers().natsUrl, name = 'test') => {
  const { log, logged } = recordingLog();
  const connected = await connectNats({ servers: url, name, log });
  undo.push(() => connected.drain());
  return { connected, logged };
};

/** Counts the messages with which calls of `get` were made, and the calls in them. */
const observe = async (c: Demo): Promise<{ nc: NatsConnection; messages: number[] }> => {
  const nc = await connect({ servers: servers().natsUrl });
  undo.push(() => nc.close());
  const messages: number[] = [];
  nc.subscribe(callSubject(c.service, 'thing', 'get'), {
    callback: (_error, message) =>
      void messages.push(message.headers?.has(batchHeader) ? decodeBatch(message.data).length : 1),
  });
  await nc.flush();
  return { nc, messages };
};

const pair = async (handlers: Parameters<typeof handlersOf>[0] = {}) => {
  const c = demo();
  const [server, client, observed] = [await bus(), await bus(), await observe(c)];
  const serving = await server.connected.serve(c, handlersOf(handlers));
  const { thing } = client.connected.client(c);
  // Until the process has answered its probe, calls are sent one by one.
  await batched(() => thing.get({ id: 1 }, caller), observed.messages);
  return { c, thing, serving, server, ...observed };
};

const badPrincipal = () => {
  const fault = headers();
  fault.set('X-Parley-Fault', JSON.stringify({ code: 'invalid', reason: 'bad_principal', message: 'No principal' }));
  return fault;
};

/** Calls twice in a turn until both share a message. */
const batched = async (call: () => Promise<unknown>, messages: readonly number[]): Promise<void> => {
  for (let more = true; more;) {
    await Promise.all([call(), call()]);
    more = messages.at(-1) !== 2;
  }
};

const many = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

test('calls of one turn share a message, and each gets its own answer or fault', async () => {
  const { thing, nc, messages } = await pair({
    get: async ({ id, text }) => {
      if (id === 7) throw new Error('broken');
      return { id, text };
    },
  });
  messages.length = 0;
  const answers = await Promise.allSettled(many(20).map((id) => thing.get({ id, text: `über ${id}` }, caller)));
  await nc.flush();
  expect(messages).toEqual([20]);
  for (const [index, answer] of answers.entries())
    if (index === 6) expect(answer).toMatchObject({ reason: { code: 'internal' } });
    else expect(answer).toMatchObject({ value: { id: index + 1, text: `über ${index + 1}` } });
});

test('a slow call holds up no other call of its message', async () => {
  let release = (): void => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  const { thing } = await pair({ get: async ({ id, text }) => (id === 2 && (await held), { id, text }) });
  const calls = many(3).map((id) => thing.get({ id }, caller));
  await Promise.all([calls[0], calls[2]]);
  release();
  await expect(calls[1]).resolves.toMatchObject({ id: 2 });
});

test('a message has at most its number of calls and bytes, and large answers come in parts', async () => {
  const { thing, nc, messages } = await pair();
  messages.length = 0;
  const answers = await Promise.all(many(batchItemsMax + 10).map((id) => thing.get({ id }, caller)));
  await nc.flush();
  expect(answers.map(({ id }) => id)).toEqual(many(batchItemsMax + 10));
  expect(Math.max(...messages)).toBeLessThanOrEqual(batchItemsMax);
  messages.length = 0;
  const large = 'x'.repeat(200 * 1024);
  const long = await Promise.all(many(4).map((id) => thing.get({ id, text: large }, caller)));
  await nc.flush();
  expect(long.every(({ text }) => text === large)).toBe(true);
  expect(messages).toEqual([1, 1, 1, 1]);
});

test('calls are sent one by one while a process that understands no batch serves too', async () => {
  const { c, thing, nc, messages } = await pair();
  const [id, subject] = ['an-old-process', callSubject(c.service, 'thing', 'get')];
  for (const alive of [livenessSubject(c.service), livenessSubject(c.service, id)])
    nc.subscribe(alive, { callback: (_error, message) => void message.respond(`${c.service} ${id}`) });
  nc.subscribe(subject, {
    queue: c.service,
    callback: (_error, message) => {
      // Where that release finds no principal.
      if (message.headers?.has(batchHeader)) return void message.respond(Empty, { headers: badPrincipal() });
      message.respond(JSON.stringify({ text: '', ...message.json<object>(), by: 'old' }));
    },
  });
  nc.publish(instancesSubject(c.service), `${c.service} ${id} joined`);
  await nc.flush();
  // What the old process cannot read is sent again, one by one.
  const by = new Set<string>();
  while (!by.has('old') || !by.has(''))
    for (const answer of await Promise.all(many(10).map((n) => thing.get({ id: n }, caller)))) by.add(answer.by);
  messages.length = 0;
  await Promise.all(many(10).map((n) => thing.get({ id: n }, caller)));
  await nc.flush();
  expect(messages).toEqual(many(10).map(() => 1));
});

test('a process that is lost with a batch loses no call', async () => {
  const c = demo();
  const way = await cuttable(servers().natsUrl);
  const [dying, client, observed] = [await bus(way.url), await bus(), await observe(c)];
  let isDying = false;
  let release = (): void => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  await dying.connected.serve(c, handlersOf({ get: async ({ id, text }) => (isDying && (await held), { id, text }) }));
  const { thing } = client.connected.client(c);
  await batched(() => thing.get({ id: 1 }, caller), observed.messages);
  isDying = true;
  const calls = many(20).map((id) => thing.get({ id }, caller));
  await until(() => observed.messages.includes(20));
  const other = await bus();
  await other.connected.serve(c, handlersOf());
  way.cut();
  expect((await Promise.all(calls)).map(({ id }) => id)).toEqual(many(20));
  release();
});

const numbered = contract('topics', {
  channel: { get: { input: z.object({ n: z.int() }), output: z.object({ n: z.int() }), repeatable: true } },
});
const gateway: CallOptions = { principal: { kind: 'system', realm: 'main', service: 'gateway' } };

test('a user of the bus that serves may answer a batch in parts', async () => {
  const nats = await startNatsWithUsers();
  undo.push(() => nats.stop());
  const [server, client] = [await bus(nats.urlOf('topics'), 'topics'), await bus(nats.urlOf('gateway'), 'gateway')];
  const waiting = new Map<number, () => void>();
  await server.connected.serve(numbered, {
    channel: {
      get: async ({ n }) => {
        if (n > 0) await new Promise<void>((resolve) => waiting.set(n, resolve));
        return { n };
      },
    },
  });
  const { channel } = client.connected.client(numbered);
  // Both answers to the probe have arrived by then: the server keeps the order of what one connection sends.
  for (let known = 0; known < 3; known += 1) await channel.get({ n: 0 }, gateway);
  const calls = many(10).map((n) => channel.get({ n }, gateway));
  for (const [index, call] of calls.entries()) {
    await until(() => waiting.has(index + 1));
    waiting.get(index + 1)?.();
    expect(await call).toEqual({ n: index + 1 });
  }
});
