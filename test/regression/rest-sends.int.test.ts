// A message over REST that certainly did not reach chat is refused at once; the sender may send it again.
import type { Bus } from '@parley/bus';
import { signUp } from '@parley/client';
import {
  eventually,
  freshServiceDatabase,
  type InOneProcess,
  type RunningServer,
  startInOneProcess,
  startNats,
} from '@parley/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ask } from '../clients/http.js';
import { textContent } from '../clients/v1.js';

/** The gateway answers in less than half a second; a send whose answer was lost is repeated for ten. */
const atOnceMs = 3_000;

const buses = new Map<string, Bus>();
const busOf = (service: string): Bus => {
  const bus = buses.get(service);
  if (bus === undefined) throw new Error(`${service} has no bus`);
  return bus;
};

let nats: RunningServer;
let database: Awaited<ReturnType<typeof freshServiceDatabase>>;
let parley: InOneProcess;
beforeEach(async () => {
  [nats, database] = await Promise.all([startNats(), freshServiceDatabase()]);
  const keep = (service: string, bus: Bus): Bus => {
    buses.set(service, bus);
    return bus;
  };
  parley = await startInOneProcess({ natsUrl: nats.url, databaseUrl: database.url, busOf: keep });
});
afterEach(async () => {
  await parley.stop();
  await Promise.all([nats.stop(), database[Symbol.asyncDispose]()]);
});

/** A room, and sends into it over REST. */
const sender = async (username: string) => {
  const { url } = parley;
  const { accessToken: token } = await signUp({ url, username, password: 'correct horse' });
  const body = { kind: 'room', title: username };
  const { id } = (await ask('POST', `${url}/v1/channels`, { token, body })).body as { id: string };
  return async (text: string) => {
    const began = performance.now();
    const sent = { clientId: text, content: textContent(text) };
    const { status, headers } = await ask('POST', `${url}/v1/channels/${id}/messages`, { token, body: sent });
    return { status, retryAfter: headers.get('retry-after'), isAtOnce: performance.now() - began < atOnceMs };
  };
};

const refusedAtOnce = { status: 503, retryAfter: '1', isAtOnce: true };

test('without NATS a send over REST is 503 with Retry-After at once, and works when NATS is back', async () => {
  const send = await sender('ada');
  expect(await send('before')).toMatchObject({ status: 201 });
  await nats.kill('SIGKILL');
  await eventually(() => !busOf('gateway').connected);
  expect(await send('refused')).toMatchObject(refusedAtOnce);
  await nats.start();
  await eventually(async () => (await send('again')).status === 201, { withinMs: 30_000 });
});

test('without chat a send over REST is 503 with Retry-After at once', async () => {
  const send = await sender('bob');
  expect(await send('before')).toMatchObject({ status: 201 });
  await busOf('chat').drain();
  expect(await send('refused')).toMatchObject(refusedAtOnce);
});

test('while chat cannot ask topics who may write, a send over REST is 503 with Retry-After at once', async () => {
  // Chat has no answer about this sender and room yet.
  const send = await sender('cid');
  await busOf('topics').drain();
  expect(await send('refused')).toMatchObject(refusedAtOnce);
});
