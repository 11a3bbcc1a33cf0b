import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { Server, ServerResponse } from 'node:http';
import { Worker } from 'node:worker_threads';
import { expect, onTestFinished, test } from 'vitest';
import { type Listening, canShare, listenOn } from './listen.js';

const host = '127.0.0.1';
const answered = (answer: (response: ServerResponse) => void = (response) => response.end('here')): Server =>
  createServer((_request, response) => answer(response));

const given = async (server: Server, port = 0): Promise<Listening & { readonly url: string }> => {
  const listening = await listenOn(server, { host, port });
  onTestFinished(() => void listening.close());
  return { ...listening, url: `http://${host}:${listening.port}/` };
};
const textAt = async (url: string): Promise<string> => (await fetch(url, { headers: { connection: 'close' } })).text();

test('ports are shared where Node can, and only there', () => {
  expect(canShare('linux', '24.1.0')).toBe(true);
  expect(canShare('linux', '22.12.0')).toBe(true);
  expect(canShare('linux', '23.0.0')).toBe(false);
  expect(canShare('linux', '22.11.0')).toBe(false);
  expect(canShare('linux', '20.20.2')).toBe(false);
  expect(canShare('darwin', '24.1.0')).toBe(false);
});

test('whoever comes is answered, whichever listening socket takes the connection', async () => {
  const { url, sockets } = await given(answered());
  expect(sockets).toBe(canShare() ? 16 : 1);
  expect(await Promise.all(Array.from({ length: 64 }, () => textAt(url)))).toEqual(Array(64).fill('here'));
});

test('a port that somebody has is refused, also when that is one of ours', async () => {
  const { port } = await given(answered());
  await expect(listenOn(answered(), { host, port })).rejects.toThrow(/^PORT: another process already listens on port/);
});

test('closing takes nobody new, and waits for every answer that is under way', async () => {
  const held: ServerResponse[] = [];
  const server = answered((response) => held.push(response));
  const { url, close } = await given(server);
  const asked = Array.from({ length: 20 }, () => textAt(url));
  await expect.poll(() => held.length).toBe(20);
  let isClosed = false;
  const closing = close().then(() => (isClosed = true));
  await expect.poll(() => textAt(url).catch(() => 'refused')).toBe('refused');
  expect(isClosed).toBe(false);
  for (const response of held) response.end('late');
  expect(await Promise.all(asked)).toEqual(Array(20).fill('late'));
  await closing;
});

test('a port that was left is free again at once', async () => {
  const { port, close } = await given(answered());
  await close();
  const next = await given(answered(), port);
  expect(await textAt(next.url)).toBe('here');
});

/** Connects `count` sockets in a thread of its own, and counts those that are connected in the first number of `shared`. */
const connectMany = (port: number, count: number, shared: SharedArrayBuffer): Worker =>
  new Worker(
    `const { port, count, shared } = require('node:worker_threads').workerData;
    const connected = new Int32Array(shared);
    const one = () => {
      Atomics.add(connected, 0, 1);
      Atomics.notify(connected, 0);
    };
    for (let n = 0; n < count; n += 1) require('node:net').connect(port, '${host}', one).on('error', () => undefined);`,
    { eval: true, workerData: { port, count, shared } },
  );

/** 0: not Linux, whose queues are what the system decides. */
const queueMax = (): number =>
  process.platform === 'linux' ? Number(readFileSync('/proc/sys/net/core/somaxconn', 'utf8')) : 0;

test.runIf(queueMax() > 1_000)(
  'a crowd is connected while the event loop is held, and waits to be accepted',
  async () => {
    const { port } = await given(answered());
    const count = 1_000;
    const connected = new Int32Array(new SharedArrayBuffer(4));
    const crowd = connectMany(port, count, connected.buffer);
    onTestFinished(() => void crowd.terminate());
    let counted = 0;
    // Nothing is accepted meanwhile: this thread does not return to its event loop.
    for (let outcome = ''; counted < count && outcome !== 'timed-out'; counted = Atomics.load(connected, 0))
      outcome = Atomics.wait(connected, 0, counted, 10_000);
    expect(counted).toBe(count);
  },
);

test('connections that are kept alive do not hold up the end', async () => {
  const server = answered();
  const { url, close } = await given(server);
  await Promise.all(Array.from({ length: 8 }, () => fetch(url).then((response) => response.text())));
  const closed = once(server, 'close');
  await close();
  await closed;
});
