import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { expect, test } from 'vitest';
import { eventually } from '@parley/testing';
import { WebSocket } from 'ws';
import { givenRealtime, upTo } from '../testing/fixtures.js';

test('too much before the answer closes', async () => {
  await using given = await givenRealtime({ adapter: { openMs: 300 } });
  const ada = given.principals.account('ada');
  const [many, large] = [await given.connect(ada.token, { raw: true }), await given.connect(ada.token, { raw: true })];
  for (const n of upTo(40)) many.send({ type: 'nothing', n });
  for (const n of upTo(3)) large.send({ type: 'nothing', n, padding: 'x'.repeat(30_000) });
  await expect(many.closed()).resolves.toMatchObject({ code: 1008 });
  await expect(large.closed()).resolves.toMatchObject({ code: 1009 });
});

test('a socket with a bad token is accepted, sent the reason, and closed with the code of the wire', async () => {
  await using given = await givenRealtime();
  const socket = await given.connect('nonsense', { raw: true });
  await expect(socket.closed()).resolves.toEqual({ code: 4401, reason: 'invalid_token' });
  expect(socket.frames).toEqual([{ fault: 'unauthenticated', reason: 'invalid_token', requestId: null }]);
});

test('the first frame may bring the token, and must come soon', async () => {
  await using given = await givenRealtime({ timings: { firstFrameMs: 300 } });
  const ada = given.principals.account('ada');
  const [talks, silent, wrong] = [await given.connect(), await given.connect(), await given.connect()];
  const credentials = { kind: 'token', token: ada.token };
  await expect(talks.ask({ type: 'session.authenticate', credentials })).resolves.toMatchObject({
    type: 'session.authenticate',
    principal: { accountId: ada.id },
  });
  wrong.send({ type: 'typing.start', channelId: 'x' });
  await expect(wrong.closed()).resolves.toMatchObject({ code: 4401 });
  await expect(silent.closed(1_500)).resolves.toEqual({ code: 4401, reason: 'authentication_timeout' });
  expect(talks.frames[0]).toHaveProperty('hello');
});

test('C13: binary frames are text, bytes that are none are refused, and a frame above the limit closes', async () => {
  await using given = await givenRealtime();
  const ada = given.principals.account('ada');
  const sockets = [await given.connect(ada.token), await given.connect(ada.token), await given.connect(ada.token)];
  const [good, bad, large] = sockets as [(typeof sockets)[0], (typeof sockets)[0], (typeof sockets)[0]];
  good.ws.send(Buffer.from(JSON.stringify({ type: 'answer', frame: '{"pong":1}' })), { binary: true });
  await good.waitFor((frame) => frame.pong === 1);
  bad.ws.send(Buffer.from([0x7b, 0xff, 0xfe]), { binary: true });
  await bad.waitFor((frame) => 'fault' in frame);
  bad.ws.send(JSON.stringify({ type: 'answer', frame: '{"still":1}' }));
  await bad.waitFor((frame) => frame.still === 1);
  large.send({ type: 'nothing', padding: 'x'.repeat(70_000) });
  await expect(large.closed()).resolves.toMatchObject({ code: 1009 });
});

test('a frame that says nothing is refused and the connection stays', async () => {
  await using given = await givenRealtime();
  const ada = given.principals.account('ada');
  const socket = await given.connect(ada.token);
  socket.ws.send('{"no":"sense"}');
  await socket.waitFor((frame) => frame.fault === 'invalid');
  socket.send({ type: 'answer', frame: '{"still":1}' });
  await socket.waitFor((frame) => frame.still === 1);
});

test('who sends too fast is refused and kept; who does not stop is closed', async () => {
  await using given = await givenRealtime({ limits: { framesPerSecond: 20, framesBurst: 10 } });
  const ada = given.principals.account('ada');
  const [hasty, flooding] = [await given.connect(ada.token), await given.connect(ada.token)];
  for (const n of upTo(12)) hasty.send({ type: 'answer', frame: `{"n":${n}}` });
  const refused = await hasty.waitFor((frame) => frame.fault === 'rate_limited');
  expect(refused.retryAfterMs).toBeGreaterThan(0);
  await eventually(() => {
    hasty.send({ type: 'answer', frame: '{"n":99}' });
    expect(hasty.frames).toContainEqual({ n: 99 });
  });
  for (const n of upTo(200)) flooding.send({ type: 'answer', frame: `{"n":${n}}` });
  await expect(flooding.closed()).resolves.toMatchObject({ code: 1008 });
});

test('a silent client is pinged, and cut when it does not answer', async () => {
  await using given = await givenRealtime({ timings: { heartbeatMs: 300 } });
  const ada = given.principals.account('ada');
  const [lives, dead] = [await given.connect(ada.token), await given.connect(ada.token)];
  // A client that does not answer pings, like one whose cable was pulled.
  dead.ws.pause();
  await eventually(() => given.realtime.stats().connections === 1);
  expect(lives.ws.readyState).toBe(WebSocket.OPEN);
});

test('a client has the whole time of a close to answer it, although its next ping would be due sooner', async () => {
  await using given = await givenRealtime({ timings: { heartbeatMs: 200, closeMs: 1_000 } });
  const ada = given.principals.account('ada');
  const silent = await given.connect(ada.token);
  silent.ws.pause();
  const closedAt = performance.now();
  given.principals.revoke(ada.sessionId);
  await eventually(() => expect(given.realtime.stats().connections).toBe(0));
  expect(performance.now() - closedAt).toBeGreaterThanOrEqual(1_000);
});

test('draining gives each a moment of its own, evenly spread, and closes nobody before it', async () => {
  await using given = await givenRealtime();
  const accounts = upTo(10).map((n) => given.principals.account(`a${n}`));
  const sockets = await Promise.all(accounts.map(({ token }) => given.connect(token)));
  given.upgrades.stopAccepting();
  const beganAt = performance.now();
  const draining = given.realtime.drain({ withinMs: 1_000 });
  const moments = await Promise.all(
    sockets.map(async (socket) => {
      const { goaway } = (await socket.waitFor((frame) => 'goaway' in frame)) as {
        goaway: { reconnectAfterMs: number };
      };
      await expect(socket.closed()).resolves.toMatchObject({ code: 1012 });
      expect(performance.now() - beganAt).toBeGreaterThanOrEqual(goaway.reconnectAfterMs);
      return goaway.reconnectAfterMs;
    }),
  );
  expect(moments).toEqual(upTo(10).map((n) => n * 90));
  await draining;
  expect(given.realtime.stats()).toMatchObject({ connections: 0 });
  await expect(given.connect('x', { raw: true })).rejects.toThrow('503');
});

test('a path that is nobody’s is not found, before any WebSocket', async () => {
  await using given = await givenRealtime();
  const socket = connectTcp(given.port, '127.0.0.1');
  socket.write('GET /elsewhere HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
  const [answer] = (await once(socket, 'data')) as [Buffer];
  expect(answer.toString()).toMatch(/^HTTP\/1\.1 404 Not Found/);
  socket.destroy();
});

test('a defect while a connection opens is logged with its cause, and its client is refused', async () => {
  const logged: object[] = [];
  await using given = await givenRealtime({
    adapter: { openFails: new TypeError('a defect') },
    onErrorLogged: (fields) => void logged.push(fields),
  });
  const socket = await given.connect(given.principals.account('ada').token, { raw: true });
  expect(await socket.waitFor((frame) => 'fault' in frame)).toMatchObject({ fault: 'internal' });
  await socket.closed();
  expect(logged).toMatchObject([{ err: { code: 'internal', cause: { message: 'a defect' } } }]);
});
