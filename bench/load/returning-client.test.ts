// Clients that come back, against a small server over real sockets that can be made to forget or to repeat what they missed.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Target } from '../targets/target.js';
import { settled } from './load-step.js';
import { connectAll, createReturningCrowd } from './returning-crowd.js';
import { socketIoWire } from './socket-io-wire.js';
import { nowMicros, stampText } from './stamp.js';
import { v1Wire } from './v1-wire.js';
import type { Wire } from './wire.js';

const running: WebSocketServer[] = [];
afterEach(() => {
  for (const server of running.splice(0)) {
    for (const client of server.clients) client.terminate();
    server.close();
  }
});

const step = 1;
type Replay = (missed: readonly string[]) => readonly string[];

/** One room that keeps all; `replay`: what it sends to one that recovers, of what that missed. */
const startServer = async (replay: Replay = (missed) => missed) => {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  running.push(server);
  await once(server, 'listening');
  const kept: string[] = [];
  const frameOf = (text: string, offset: number): string =>
    `42${JSON.stringify(['message', { text }, String(offset)])}`;
  const greet = (socket: WebSocket, frame: string): void => {
    const { pid, offset } = JSON.parse(frame.slice(2) || '{}') as { readonly pid?: string; readonly offset?: string };
    // In one packet, as a server under load sends it.
    (socket as unknown as { _socket: { cork(): void; uncork(): void } })._socket.cork();
    socket.send(`40${JSON.stringify({ sid: pid ?? `s${Math.random()}`, pid: pid ?? `p${Math.random()}` })}`);
    if (offset !== undefined) {
      const from = Number(offset);
      for (const text of replay(kept.slice(from))) socket.send(frameOf(text, kept.indexOf(text) + 1));
    }
    (socket as unknown as { _socket: { uncork(): void } })._socket.uncork();
  };
  server.on('connection', (socket) =>
    socket.on('message', (data: Buffer) => {
      const frame = data.toString();
      if (frame.startsWith('40')) greet(socket, frame);
      else socket.send(`43${/^42(\d{1,9})/.exec(frame)?.[1] ?? ''}[]`);
    }),
  );
  const target: Target = {
    ...{ name: 'socket.io-streams', otherUrl: null, wire: socketIoWire, edge: process.pid },
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    processes: new Map(),
    killEdge: () => Promise.resolve(),
    seat: ({ members }) => Promise.resolve({ headers: [{}, {}], members, channelIds: ['room'], joins: true }),
    stored: () => Promise.resolve(null),
    stop: () => Promise.resolve(),
  };
  const publish = (text: string): void => {
    kept.push(text);
    for (const each of server.clients) each.send(frameOf(text, kept.length));
  };
  return { target, publish };
};

const awayAndBack = async (replay?: Replay) => {
  const { target, publish } = await startServer(replay);
  const seating = await target.seat({ clients: 2, kind: 'room', members: [[0, 1]] });
  const crowd = createReturningCrowd(target, seating, 2, step, { delivered: () => undefined, lost: () => undefined });
  const write = (): void =>
    publish(stampText({ step, channel: 0, sequence: crowd.ledger.send(0), micros: nowMicros() }, 60));
  await connectAll(crowd.clients, target.url, 2, 5_000);
  write();
  await settled(crowd.ledger);
  await crowd.close();
  for (let nth = 0; nth < 3; nth += 1) write();
  await connectAll(crowd.clients, target.url, 2, 5_000);
  await settled(crowd.ledger);
  const { lost, doubled } = crowd.ledger.counts();
  await crowd.close();
  return { lost, doubled };
};

test('who comes back gets each missed message once, those in the packet of the greeting too', async () => {
  expect(await awayAndBack()).toEqual({ lost: 0, doubled: 0 });
});

test('a message that was not replayed is lost for each client', async () => {
  expect(await awayAndBack((missed) => missed.slice(1))).toEqual({ lost: 2, doubled: 0 });
});

test('a message that was replayed twice is doubled for each client', async () => {
  expect(await awayAndBack((missed) => [...missed, ...missed.slice(-1)])).toEqual({ lost: 0, doubled: 2 });
});

test('a refused client waits as long as the server asks, in addition to its own wait', () => {
  const waits = (retryAfterMs: number, { reconnection }: Wire) =>
    Array.from({ length: 40 }, (_, nth) => reconnection?.waitMs(nth + 1, retryAfterMs) ?? NaN);
  expect(Math.min(...waits(2_000, v1Wire))).toBeGreaterThanOrEqual(2_000);
  expect(Math.max(...waits(2_000, v1Wire))).toBeLessThanOrEqual(12_000);
  expect(waits(0, v1Wire)[0]).toBeLessThanOrEqual(250);
  expect(Math.min(...waits(2_000, socketIoWire))).toBeGreaterThanOrEqual(500);
  expect(Math.max(...waits(2_000, socketIoWire))).toBeLessThanOrEqual(5_000);
});

test('a refusal of the handshake is reported with its status, and the client tries again after Retry-After', async () => {
  const { target } = await startServer();
  const refusing = createServer((_, response) => response.end()).listen(0, '127.0.0.1');
  await once(refusing, 'listening');
  let asked = 0;
  refusing.on('upgrade', (_, socket) => {
    asked += 1;
    socket.end('HTTP/1.1 503 Service Unavailable\r\nRetry-After: 30\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
  });
  const seating = await target.seat({ clients: 1, kind: 'room', members: [[0]] });
  const v1 = { ...target, wire: v1Wire };
  const crowd = createReturningCrowd(v1, seating, 1, step, { delivered: () => undefined, lost: () => undefined });
  const url = `ws://127.0.0.1:${(refusing.address() as AddressInfo).port}`;
  // It would try again after 30 s, when there is no time left.
  await expect(connectAll(crowd.clients, url, 1, 5_000)).rejects.toThrow('Unexpected server response: 503');
  expect(asked).toBe(1);
  expect(crowd.refusals).toEqual({ 'Unexpected server response: 503': 1 });
  refusing.close();
});

test('a server that is not there in time ends the return with its reason', async () => {
  const { target } = await startServer();
  const seating = await target.seat({ clients: 1, kind: 'room', members: [[0]] });
  const crowd = createReturningCrowd(target, seating, 1, step, { delivered: () => undefined, lost: () => undefined });
  await expect(connectAll(crowd.clients, 'ws://127.0.0.1:1', 1, 300)).rejects.toThrow('ECONNREFUSED');
  expect(Object.keys(crowd.refusals)).toEqual(['connect ECONNREFUSED 127.0.0.1:1']);
});
