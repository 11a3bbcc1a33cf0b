// The generator against a small server over real sockets that can be made to fail: what it does not notice there, it would not notice anywhere.
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Target } from '../targets/target.js';
import { openCrowd } from './crowd.js';
import { closedLoop } from './drivers.js';
import { runLoad } from './load-step.js';
import { socketIoWire } from './socket-io-wire.js';
import { correctness } from './verdict.js';

interface Failure {
  /** How often the nth message is delivered to each member. Default: once. */
  readonly deliveries?: (nth: number) => number;
  /** How the nth is answered; null: not at all. Default: accepted. */
  readonly answer?: (nth: number) => string | null;
  /** Whether the nth is stored. Default: yes. */
  readonly stores?: (nth: number) => boolean;
}

const running: WebSocketServer[] = [];
afterEach(() => {
  for (const server of running.splice(0)) {
    for (const client of server.clients) client.terminate();
    server.close();
  }
});

/** One room, of everybody. */
const startServer = async ({
  deliveries = () => 1,
  answer = () => '',
  stores = () => true,
}: Failure): Promise<Target> => {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  running.push(server);
  await once(server, 'listening');
  let [received, stored] = [0, 0];
  const send = (socket: WebSocket, id: string, text: string): void => {
    received += 1;
    if (stores(received)) stored += 1;
    const frame = `42${JSON.stringify(['message', { text }])}`;
    for (let time = 0; time < deliveries(received); time += 1) for (const each of server.clients) each.send(frame);
    const answered = answer(received);
    if (answered !== null) socket.send(`43${id}[${answered}]`);
  };
  server.on('connection', (socket) =>
    socket.on('message', (data: Buffer) => {
      const frame = data.toString();
      if (frame === '40') return socket.send('40{"sid":"x"}');
      const [, id = '', json = '[]'] = /^42(\d{1,9})(.{0,1000})$/.exec(frame) ?? [];
      const [verb, , text = ''] = JSON.parse(json) as [string, string, string?];
      if (verb === 'join') socket.send(`43${id}[]`);
      else send(socket, id, text);
    }),
  );
  return {
    name: 'socket.io-memory',
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    otherUrl: null,
    wire: socketIoWire,
    processes: new Map([['server', process.pid]]),
    edge: process.pid,
    seat: ({ clients, members }) =>
      Promise.resolve({ headers: Array(clients).fill({}), members, channelIds: members.map(String), joins: true }),
    killEdge: () => Promise.resolve(),
    stored: () => Promise.resolve(stored),
    stop: () => Promise.resolve(),
  };
};

const load = async (failure: Failure) => {
  const target = await startServer(failure);
  const seating = await target.seat({ clients: 3, kind: 'group', members: [[0, 1, 2]] });
  const crowd = await openCrowd(target, seating);
  const driver = closedLoop([{ client: 0, channel: 0 }], 1);
  const step = await runLoad({ target, crowd, driver, pace: { warmUpMs: 50, measureMs: 200 }, bytes: 60 });
  await crowd.close();
  return { step, failed: correctness(step).failed };
};

test('a server that delivers, answers and stores everything once passes', async () => {
  const { step, failed } = await load({});
  expect(failed).toBeNull();
  expect(step.sent).toBeGreaterThan(0);
  expect(step.received).toBe(3 * step.sent);
});

test('one lost message fails the step', async () => {
  const { step, failed } = await load({ deliveries: (nth) => (nth === 2 ? 0 : 1) });
  expect(step.lost).toBe(3);
  expect(failed).toBe('3 lost');
});

test('one doubled message fails the step', async () => {
  const { failed } = await load({ deliveries: (nth) => (nth === 2 ? 2 : 1) });
  expect(failed).toBe('3 doubled');
});

test('one refused message fails the step, with the reason', async () => {
  const { failed } = await load({ answer: (nth) => (nth === 2 ? '"too busy"' : '') });
  expect(failed).toBe('1 refused ("too busy")');
});

test('one message that is acknowledged but not stored fails the step', async () => {
  const { failed } = await load({ stores: (nth) => nth !== 2 });
  expect(failed).toBe('1 answered but not stored');
});
