import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { givenRealtime, upTo } from '../testing/fixtures.js';

const limits = { framesPerSecond: 200, framesBurst: 50 };
const answers = (frames: readonly { n?: unknown; fault?: unknown }[]) => frames.filter(({ n }) => n !== undefined);

test('a burst on a wire that delays them is answered whole and in order, at the rate, and nothing is refused', async () => {
  await using given = await givenRealtime({ adapter: { delaysBursts: true }, limits, timings: { heartbeatMs: 500 } });
  const socket = await given.connect(given.principals.account('ada').token);
  const startedAt = performance.now();
  for (const n of upTo(300)) socket.send({ type: 'answer', frame: `{"n":${n}}` });
  await socket.waitFor((frame) => frame.n === 300, 20_000);
  // 50 at once, the others at 200 a second.
  expect(performance.now() - startedAt).toBeGreaterThan(1_000);
  expect(answers(socket.frames).map(({ n }) => n)).toEqual(upTo(300));
  expect(socket.frames.filter(({ fault }) => fault !== undefined)).toEqual([]);
  expect(socket.ws.readyState).toBe(WebSocket.OPEN);
});

test('a burst that comes before the connection is open loses nothing either', async () => {
  await using given = await givenRealtime({ adapter: { delaysBursts: true, openMs: 100 }, limits });
  const socket = await given.connect(given.principals.account('ada').token, { raw: true });
  for (const n of upTo(100)) socket.send({ type: 'answer', frame: `{"n":${n}}` });
  await socket.waitFor((frame) => frame.n === 100);
  expect(answers(socket.frames).map(({ n }) => n)).toEqual(upTo(100));
});

test('of a client that does not stop no more is read than the byte limit, and it is not closed', async () => {
  await using given = await givenRealtime({
    adapter: { delaysBursts: true },
    limits: { framesPerSecond: 1, framesBurst: 1 },
  });
  const socket = await given.connect(given.principals.account('ada').token);
  const padding = 'x'.repeat(60_000);
  for (const n of upTo(400)) socket.send({ type: 'nothing', n, padding });
  // While the gateway serves others, 24 MB wait at the client and in the buffers of the system, and not in the gateway.
  for (const _ of upTo(50)) (await given.connect(given.principals.account('bob').token)).ws.terminate();
  expect(given.realtime.stats().counters.framesIn).toBeLessThan(20);
  expect(socket.ws.readyState).toBe(WebSocket.OPEN);
  socket.ws.terminate();
});
