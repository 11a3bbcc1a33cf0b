import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { eventually } from '@parley/testing';
import { givenRealtime, upTo } from '../testing/fixtures.js';

/** A client that keeps its side of the connection open, as `allowHalfOpen` does. */
const raw = async (port: number, lines: readonly string[]): Promise<Socket> => {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  onTestFinished(() => void socket.destroy());
  socket.on('error', () => {});
  await once(socket, 'connect');
  socket.write([...lines, '', ''].join('\r\n'));
  return socket;
};

const answerOf = async (port: number, lines: readonly string[]): Promise<string> => {
  const [bytes] = (await once(await raw(port, lines), 'data')) as [Buffer];
  return bytes.toString();
};

const handshake = (target: string, { version = '13', key = 'AAAAAAAAAAAAAAAAAAAAAA==' } = {}): string[] => [
  `GET ${target} HTTP/1.1`,
  'Host: x',
  'Connection: Upgrade',
  'Upgrade: websocket',
  `Sec-WebSocket-Version: ${version}`,
  `Sec-WebSocket-Key: ${key}`,
];

test.each([
  ['a path that is nobody’s', handshake('/elsewhere'), '404'],
  ['a wrong version', handshake('/socket', { version: '7' }), '426'],
  ['a bad key, refused by the WebSocket library', handshake('/socket', { key: 'short' }), '400'],
])('a refused handshake keeps no descriptor: %s', async (_name, lines, status) => {
  await using given = await givenRealtime();
  const sockets = await Promise.all(upTo(20).map(() => raw(given.port, lines)));
  const answers = await Promise.all(sockets.map((socket) => once(socket, 'data').then(([bytes]) => String(bytes))));
  for (const answer of answers) expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  // Its clients do not close their side.
  await eventually(async () => expect(await given.descriptors()).toBe(0));
});

test('a full gateway keeps no descriptor of those that it refuses, also of those that read nothing', async () => {
  await using given = await givenRealtime({ limits: { connectionsMax: 0 } });
  const sockets = await Promise.all(upTo(20).map(() => raw(given.port, handshake('/socket'))));
  for (const socket of sockets) socket.pause();
  await eventually(async () => expect(await given.descriptors()).toBe(0));
});

test('a gateway that opens as many connections as it can says when to come back, and opens more when it has', async () => {
  await using given = await givenRealtime({ pace: { atOnceMin: 4, atOnceMax: 4 } });
  const release = given.principals.hold();
  const accounts = upTo(10).map((n) => given.principals.account(`client-${n}`));
  const target = (token: string) => `/socket?token=${token}`;
  const answers = await Promise.all(accounts.map(({ token }) => answerOf(given.port, handshake(target(token)))));
  const refused = answers.filter((answer) => !answer.startsWith('HTTP/1.1 101 '));
  expect(refused).toHaveLength(6);
  for (const answer of refused) {
    expect(answer).toMatch(/^HTTP\/1\.1 503 Service Unavailable\r\n/);
    expect(answer).toMatch(/\r\nRetry-After: [1-9]\d*\r\n/);
    expect(answer).toContain('overloaded');
  }
  expect(given.realtime.stats().counters.throttled.overloaded).toBe(6);
  release();
  await eventually(() => expect(given.realtime.admit()).toBeNull());
  const again = await Promise.all(accounts.slice(0, 3).map(({ token }) => given.connect(token)));
  expect(again).toHaveLength(3);
});

test('the version that is spoken is named where another is asked for', async () => {
  await using given = await givenRealtime();
  const answer = await answerOf(given.port, handshake('/socket', { version: '7' }));
  expect(answer).toMatch(/^HTTP\/1\.1 426 Upgrade Required\r\n/);
  expect(answer).toContain('\r\nSec-WebSocket-Version: 13\r\n');
});

test('an upgrade to anything else is ignored, and the request answered', async () => {
  await using given = await givenRealtime();
  // What `curl --http2` sends.
  const offer = ['Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA'];
  const answer = await answerOf(given.port, ['GET /health HTTP/1.1', 'Host: x', ...offer]);
  expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
  expect(answer).toContain('answered');
});

test('a target in absolute form is taken, by the handshake and by HTTP', async () => {
  await using given = await givenRealtime();
  const { port } = given;
  const upgraded = await answerOf(port, handshake(`http://127.0.0.1:${port}/socket?token=x`));
  expect(upgraded).toMatch(/^HTTP\/1\.1 101 /);
  const answer = await answerOf(port, [`GET http://127.0.0.1:${port}/health HTTP/1.1`, 'Host: x']);
  expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
});
