import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { eventually } from '@parley/testing';
import { givenRealtime } from '../testing/fixtures.js';

const upgrade = (port: number, token: string) => {
  const socket = connect({ port, host: '127.0.0.1' });
  onTestFinished(() => void socket.destroy());
  const reads: string[] = [];
  socket.on('data', (bytes: Buffer) => reads.push(bytes.toString('latin1')));
  const lines = [
    `GET /socket?token=${token} HTTP/1.1`,
    'Host: x',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
  ];
  socket.write([...lines, '', ''].join('\r\n'));
  return { socket, reads };
};

test('a handshake is answered soon, however long its connection takes to open', async () => {
  await using given = await givenRealtime();
  const release = given.principals.hold();
  const { reads } = upgrade(given.port, given.principals.account('ada').token);
  await eventually(() => expect(reads.join('')).toMatch(/^HTTP\/1\.1 101 .*\r\n\r\n$/s));
  release();
  await eventually(() => expect(reads.join('')).toContain('hello'));
});

test('a refused connection gets the response to its handshake, the reason and the close', async () => {
  await using given = await givenRealtime();
  const { socket, reads } = upgrade(given.port, 'nobody');
  await once(socket, 'end');
  expect(reads.join('')).toMatch(/^HTTP\/1\.1 101 .*\r\n\r\n.*unauthenticated/s);
});

test('a client that goes while its connection opens leaves nothing behind', async () => {
  await using given = await givenRealtime();
  const release = given.principals.hold();
  const { socket } = upgrade(given.port, given.principals.account('ada').token);
  await eventually(() => expect(given.realtime.stats().connections).toBe(1));
  socket.destroy();
  await eventually(async () => expect(await given.descriptors()).toBe(0));
  release();
  await eventually(() => expect(given.realtime.stats().connections).toBe(0));
});
