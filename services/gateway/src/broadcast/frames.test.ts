import { once } from 'node:events';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { frameOf, keepFragmentList, payloadsOf, streamUnder, writeFrames } from './frames.js';

const texts = [
  '',
  'a',
  'ü'.repeat(62),
  'x'.repeat(125),
  'x'.repeat(126),
  '€'.repeat(20_000),
  'x'.repeat(65_535),
  'x'.repeat(65_536),
];

const givenPair = async () => {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
  const client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const [accepted] = (await once(server, 'connection')) as [WebSocket];
  const received: string[] = [];
  client.on('message', (data: Buffer) => received.push(data.toString()));
  await once(client, 'open');
  return {
    accepted,
    client,
    received,
    [Symbol.asyncDispose]: async () => {
      client.terminate();
      server.close();
      await once(server, 'close');
    },
  };
};

test('the WebSocket library is the version whose private fields this was written for', () => {
  const { version } = createRequire(import.meta.url)('ws/package.json') as { version: string };
  expect(version).toMatch(/^8\.23\./);
});

test('the stream under an accepted WebSocket is found, and not where anything looks different', async () => {
  await using given = await givenPair();
  expect(streamUnder(given.accepted)).not.toBeNull();
  const { _socket, _sender } = given.accepted as unknown as { _socket: object; _sender: object };
  const like = (parts: object): WebSocket => parts as WebSocket;
  expect(streamUnder(like({ _socket, _sender: { _socket, _state: 1, _queue: [] } }))).toBeNull();
  expect(streamUnder(like({ _socket, _sender: { ..._sender, _socket: {} } }))).toBeNull();
  expect(streamUnder(like({ _sender }))).toBeNull();
});

test.each(['joined past the library', 'through the library'])('frames arrive as they were made, %s', async (way) => {
  await using given = await givenPair();
  const stream = way === 'through the library' ? null : streamUnder(given.accepted);
  writeFrames(given.accepted, stream, Buffer.concat(texts.map(frameOf)));
  writeFrames(given.accepted, stream, frameOf('end'));
  while (!given.received.includes('end')) await once(given.client, 'message');
  expect(given.received).toEqual([...texts, 'end']);
});

test('nothing is written to a socket that is closing', async () => {
  await using given = await givenPair();
  const closed = once(given.client, 'close');
  given.accepted.close(1000);
  writeFrames(given.accepted, streamUnder(given.accepted), frameOf('late'));
  await expect(closed).resolves.toEqual([1000, Buffer.alloc(0)]);
  expect(given.received).toEqual([]);
});

test('joined frames come apart again', () => {
  expect(payloadsOf(Buffer.concat(texts.map(frameOf))).map(String)).toEqual(texts);
});

test('messages in one fragment and in several arrive whole where the list of fragments is kept', async () => {
  await using given = await givenPair();
  const received: string[] = [];
  let kept: unknown[] | null = null;
  given.accepted.on('message', (data: Buffer) => {
    kept = keepFragmentList(given.accepted, kept);
    received.push(data.toString());
  });
  for (let one = 0; one < 3; one += 1) {
    given.client.send(`whole ${one}`);
    for (const [at, fin] of [false, false, true].entries()) {
      given.client.send(`part ${at} `, { fin });
      given.client.ping();
    }
  }
  given.client.send('end');
  while (!received.includes('end')) await once(given.accepted, 'message');
  const expected = [0, 1, 2].flatMap((one) => [`whole ${one}`, 'part 0 part 1 part 2 ']);
  expect(received).toEqual([...expected, 'end']);
  const { _receiver: receiver } = given.accepted as unknown as { _receiver: { _fragments: unknown[] } };
  const list = receiver._fragments;
  given.client.send('one more');
  await once(given.accepted, 'message');
  expect(receiver._fragments).toBe(list);
});
