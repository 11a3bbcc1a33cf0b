import { createMetrics } from '@parley/runtime';
import { eventually } from '@parley/testing';
import { expect, test } from 'vitest';
import { createConnectionMetrics, exposeConnectionMetrics, reasonOfTheirs } from './connection-metrics.js';
import { givenRealtime } from '../testing/fixtures.js';
import { WriteBuffer } from '../broadcast/write-buffer.js';

test('each end of a connection is counted once, by its first reason', async () => {
  await using given = await givenRealtime({ limits: { framesPerSecond: 1, framesBurst: 2 } });
  const { closes } = given.realtime.stats().counters;
  const ada = given.principals.account('ada');
  const bob = given.principals.account('bob');
  const [leaves, cut, floods] = await Promise.all([1, 2, 3].map(() => given.connect(ada.token)));
  const revoked = await given.connect(bob.token);
  leaves?.ws.close(1000);
  cut?.ws.terminate();
  given.principals.revoke(bob.sessionId);
  for (let n = 0; n < 20; n++) floods?.ws.send('{}');
  await Promise.all([floods?.closed(), revoked.closed()]);
  await eventually(() => given.realtime.stats().connections === 0);
  expect(closes).toMatchObject({ client: 1, lost: 1, too_many_frames: 1, unauthenticated: 1, slow_reader: 0 });
});

test.each([
  [1000, 'client'],
  [1001, 'client'],
  [4999, 'client'],
  [1006, 'lost'],
  [1002, 'bad_frame'],
  [1007, 'bad_frame'],
  [1009, 'frame_too_large'],
])('a close with %i that is not ours counts as %s', (code, reason) => expect(reasonOfTheirs(code)).toBe(reason));

test('how long ago a message was committed is observed once, when it was written, and never less than nothing', () => {
  const seconds: number[] = [];
  const limits = { hardBytes: 1, softBytes: 1, softMs: 1 };
  const writeBuffer = new WriteBuffer(
    limits,
    () => 10_000,
    () => undefined,
    { observe: (value) => void seconds.push(value) },
  );
  writeBuffer.carries(9_750);
  writeBuffer.carries(10_300);
  expect(seconds).toEqual([]);
  writeBuffer.flush();
  writeBuffer.flush();
  expect(seconds).toEqual([0.25, 0]);
  writeBuffer.stop();
});

test('every reason is shown from the start, so that the first of each is seen as a rise', async () => {
  const metrics = createMetrics('gateway');
  const counters = createConnectionMetrics(metrics);
  const writeBuffer = new WriteBuffer(
    { hardBytes: 1, softBytes: 1, softMs: 1 },
    Date.now,
    () => undefined,
    counters.lag,
  );
  const registry = { size: 3 } as Parameters<typeof exposeConnectionMetrics>[1]['registry'];
  exposeConnectionMetrics(metrics, {
    counters,
    writeBuffer,
    registry,
    dialects: new Map([['v1', 2]]),
    present: () => 1,
    connections: () => [],
  });
  counters.closes.slow_reader += 1;
  const text = await metrics.registry.metrics();
  expect(text).toContain('parley_connections_closed_total{reason="slow_reader",service="gateway"} 1');
  expect(text).toContain('parley_connections_closed_total{reason="restart",service="gateway"} 0');
  expect(text).toContain('parley_throttled_total{reason="gateway_full",service="gateway"} 0');
  expect(text).toContain('parley_connections{dialect="v1",service="gateway"} 2');
});
