// Close codes of a real gateway that a client meets seldom: what is final and what is not.
import type { SocketConstructor } from '@parley/client';
import { Fault } from '@parley/contracts';
import { createMetrics } from '@parley/runtime';
import { eventually } from '@parley/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { breakConnection } from '../journeys/broken-connection.js';
import { type Settled, startWith } from '../options/platform.js';
import { clientsOf, newAccount, numbered } from './clients.js';
import { observedSockets } from './observed-socket.js';

let parley: Settled;
beforeAll(async () => {
  parley = await startWith({ PARLEY_FRAMES_PER_SECOND: '10000', PARLEY_FRAMES_BURST: '10000' });
});
afterAll(() => parley.stop());
const clientOf = clientsOf(() => parley.url);

/**
 * Sockets with a ticket, which the gateway asks auth about when they open, until `stopRefusals`. The error frame before the close is lost,
 * so that only the close code says what happened.
 */
const ticketSockets = () => {
  let isRefused = true;
  const observed = observedSockets((frame) => (frame.error && typeof frame.id !== 'number' ? [] : [frame]));
  const plain: SocketConstructor = observed.webSocket;
  class TicketSocket extends plain {
    constructor(url: string) {
      super(isRefused ? `${url}?ticket=refused` : url);
    }
  }
  return { observed, webSocket: TicketSocket, stopRefusals: () => void (isRefused = false) };
};

test.each([
  [4403, 'forbidden', 'not_enrolled'],
  [4404, 'not_found', 'realm_not_found'],
] as const)('close %i is final: the client is closed with %s, and does not come back', async (_close, code, reason) => {
  const { observed, webSocket } = ticketSockets();
  const { client, states } = clientOf({ tokens: (await newAccount(parley.url)).grant, webSocket });
  const connecting = parley.without(
    'auth',
    () => client.connect(),
    new Fault(code, reason, 'This is what the service says'),
  );
  await expect(connecting).rejects.toMatchObject({ code, reason });
  expect(states.map(({ name }) => name)).toEqual(['connecting', 'closed']);
  expect(client.state).toMatchObject({ error: { code, reason } });
  expect(observed.opened).toBe(1);
  await expect(client.connect()).rejects.toMatchObject({ code, reason });
  expect(observed.opened).toBe(1);
});

test('close 1013 while a connection opens: the client comes back until it is let in', async () => {
  const { observed, webSocket, stopRefusals } = ticketSockets();
  const { client, states } = clientOf({ tokens: (await newAccount(parley.url)).grant, webSocket });
  const connecting = client.connect();
  await parley.without('auth', () => eventually(() => observed.opened > 1));
  stopRefusals();
  await connecting;
  expect(states.find(({ name }) => name === 'waiting')).toMatchObject({ cause: 'connection_lost' });
  await expect(client.rest.me()).resolves.toBeDefined();
});

test('close 1013 of a client that read too slowly: it comes back and gets the rest, each message once and in order', async () => {
  const metrics = createMetrics('gateway');
  const isClosed = async () => {
    const closed = await metrics.registry.getSingleMetricAsString('parley_connections_closed_total');
    return /reason="slow_reader".*} 1$/m.test(closed);
  };
  const gateway = await parley.gateway(
    // A frame beyond the rate is refused, and sent again behind later ones.
    { PARLEY_OUTGOING_BYTES_MAX: '65536', PARLEY_FRAMES_BURST: '100000', PARLEY_FRAMES_PER_SECOND: '100000' },
    { closeMs: 60_000, sendMs: 20_000 },
    metrics,
  );
  await using road = await breakConnection(gateway.url);
  // With the time of a real gateway for a send: one that was refused on a slow machine would be sent again behind later ones.
  const author = clientOf({ url: gateway.url, tokens: (await newAccount(parley.url)).grant }).client;
  const reader = clientOf({ url: road.url, tokens: (await newAccount(parley.url)).grant, pingAfterMs: 60_000 });
  await Promise.all([author.connect(), reader.client.connect()]);
  const { id: room } = await author.rest.createChannel({ kind: 'room', title: 'General' });
  await reader.client.rest.join(room);
  await reader.client.attach(room);
  const padding = ' '.repeat(16_000);
  let sent = 0;
  road.hold('answers');
  // How much the buffers on the way take depends on the system.
  while (!(await isClosed())) {
    const texts = Array.from({ length: 50 }, () => `m${(sent += 1)}${padding}`);
    // One client's sends to one channel are committed as it sent them.
    await Promise.all(texts.map((text) => author.send(room, text)));
  }
  road.release();
  await eventually(() => reader.channel.length === sent, { withinMs: 45_000 });
  expect(reader.states.find(({ name }) => name === 'waiting')).toMatchObject({
    cause: 'closed 1013 slow reader: come back and resume',
  });
  expect(reader.channel.map((each) => each.trimEnd())).toEqual(numbered(1, sent));
});
