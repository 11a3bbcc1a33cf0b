import { once } from 'node:events';
import { eventually } from '@parley/testing';
import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { givenRealtime, upTo } from '../testing/fixtures.js';

test('thirty silent connections keep nobody out', async () => {
  await using given = await givenRealtime({ limits: { connectionsMax: 30, unauthenticatedMax: 30 } });
  const silent: Awaited<ReturnType<typeof given.connect>>[] = [];
  for (const _ of upTo(30)) silent.push(await given.connect());
  const socket = await given.connect(given.principals.account('ada').token);
  socket.send({ type: 'answer', frame: '{"served":1}' });
  await socket.waitFor((frame) => frame.served === 1);
  // The one that was silent for longest was closed, and it alone.
  await eventually(() =>
    expect(silent.flatMap(({ ws }, n) => (ws.readyState === WebSocket.OPEN ? [] : [n]))).toEqual([0]),
  );
  expect(silent[0]?.frames).toContainEqual(expect.objectContaining({ reason: 'too_many_unauthenticated' }));
});

test('one address has its share of the connections that have not authenticated, every spelling of a /64 the same', async () => {
  await using given = await givenRealtime({ limits: { unauthenticatedPerAddress: 2 } });
  await given.connect(undefined, { from: '2001:db8:0:1::1' });
  await given.connect(undefined, { from: '[2001:DB8::1:0:0:0:ff]:40001' });
  await expect(given.connect(undefined, { from: '2001:db8:0:1:ffff::2' })).rejects.toThrow('429');
  await given.connect(undefined, { from: '2001:db8:0:2::1' });
  expect(given.realtime.stats().counters.throttled.too_many_unauthenticated).toBe(1);
});

test('one address has so many connections, and their places are free again when they end', async () => {
  await using given = await givenRealtime({ limits: { connectionsPerAddress: 2 } });
  const ada = given.principals.account('ada');
  const from = '203.0.113.6';
  const first = await given.connect(ada.token, { from });
  await given.connect(ada.token, { from });
  await expect(given.connect(ada.token, { from: '::ffff:203.0.113.6' })).rejects.toThrow('429');
  await given.connect(ada.token, { from: '203.0.113.7' });
  first.ws.close();
  await eventually(() => given.connect(ada.token, { from }));
});

test('a refused handshake says why in the words of its wire, and when to come back', async () => {
  await using given = await givenRealtime({ limits: { connectionsPerAddress: 0 } });
  const ws = new WebSocket(`ws://127.0.0.1:${given.port}/socket`, { headers: { 'X-Forwarded-For': '203.0.113.6' } });
  const [, response] = (await once(ws, 'unexpected-response')) as [
    unknown,
    NodeJS.ReadableStream & { headers: object },
  ];
  expect(response.headers).toMatchObject({ 'retry-after': '2' });
  const [body] = (await once(response, 'data')) as [Buffer];
  expect(JSON.parse(String(body))).toEqual({ reason: 'too_many_connections' });
});

test('one account has so many connections, wherever they come from; another has its own', async () => {
  await using given = await givenRealtime({ limits: { connectionsPerAccount: 2 } });
  const [ada, bob] = [given.principals.account('ada'), given.principals.account('bob')];
  const first = await given.connect(ada.token);
  await given.connect(ada.token);
  const third = await given.connect(ada.token, { raw: true });
  await third.closed();
  expect(third.frames).toEqual([expect.objectContaining({ reason: 'too_many_connections' })]);
  await given.connect(bob.token);
  first.ws.close();
  await eventually(() => expect(given.realtime.stats().connections).toBe(2));
  await given.connect(ada.token);
});
