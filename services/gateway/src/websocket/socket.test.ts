import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import type { SocketListener } from '../connections/connection-deps.js';
import { LiveSocket } from './socket.js';

const givenPair = async () => {
  const options = { WebSocket: LiveSocket, clientTracking: false, autoPong: false };
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', ...options });
  await once(server, 'listening');
  const client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const [accepted] = (await once(server, 'connection')) as [LiveSocket];
  const happened: string[] = [];
  const listener: SocketListener = {
    onText: (text) => void happened.push(`text ${text}`),
    onPong: (payload) => void happened.push(`pong ${payload.toString()}`),
    onClosed: (code) => void happened.push(`closed ${code}`),
  };
  accepted.listen(listener);
  await once(client, 'open');
  return {
    ...{ accepted, client, happened },
    [Symbol.asyncDispose]: async () => {
      client.terminate();
      server.close();
      await once(server, 'close');
    },
  };
};

test('one listener receives all that happens, without a table of listeners for each socket', async () => {
  await using given = await givenPair();
  const { accepted, client, happened } = given;
  accepted.ping(Buffer.from('are you there'));
  await once(client, 'ping');
  client.send('hello');
  client.close(4000);
  await expect.poll(() => happened).toEqual(['pong are you there', 'text hello', 'closed 4000']);
  expect(accepted).toHaveProperty('_events', undefined);
});

test('listeners can still be added', async () => {
  await using given = await givenPair();
  const { accepted } = given;
  accepted.on('upgrade', () => {});
  accepted.listen({ onText: () => {}, onPong: () => {}, onClosed: () => {} });
  expect(accepted.listenerCount('upgrade')).toBe(1);
});

test('each ping is answered once, with its payload', async () => {
  await using given = await givenPair();
  const { client } = given;
  const pongs: string[] = [];
  client.on('pong', (payload) => void pongs.push(payload.toString()));
  const payloads = Array.from({ length: 200 }, (_, index) => `ping ${index}`);
  for (const payload of payloads) {
    client.ping(payload);
    await once(client, 'pong');
  }
  expect(pongs).toEqual(payloads);
});

test('a client that sends pings and reads no pongs is cut off', async () => {
  await using given = await givenPair();
  const { accepted, client, happened } = given;
  let pongs = 0;
  // None is ever written.
  accepted.pong = () => void (pongs += 1);
  for (let sent = 0; sent <= 60; sent += 1) client.ping();
  await once(client, 'close');
  expect(pongs).toBe(60);
  await expect.poll(() => happened).toEqual(['closed 1006']);
});
