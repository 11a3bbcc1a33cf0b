import { text } from 'node:stream/consumers';
import { setImmediate as turnOfTheLoop } from 'node:timers/promises';
import { connect } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import supertest, { type Test } from 'supertest';
import { type Health, startHealth } from './health.js';
import { createMetrics } from './metrics.js';

let health: Health;
afterEach(() => health.close());

const start = async (checks: Record<string, () => Promise<void>> = {}): Promise<void> => {
  health = await startHealth({ host: '127.0.0.1', port: 0, metrics: createMetrics('chat'), checks });
};
const ask = () => supertest(`http://127.0.0.1:${health.port}`);
const get = (path: string): Test => ask().get(path);

test('alive from the beginning, ready only while it is set ready', async () => {
  await start({ store: () => Promise.resolve() });
  await get('/healthz').expect(200);
  await get('/readyz').expect(503, '{"status":"not ready","failing":["process"]}');
  health.setReady(true);
  await get('/readyz').expect(200);
  health.setReady(false);
  await get('/readyz').expect(503);
  await get('/healthz').expect(200);
});

test('names the checks that fail, that hang and that throw, and none of their reasons', async () => {
  await start({
    fine: () => Promise.resolve(),
    rejects: () => Promise.reject(new Error('password=hush')),
    hangs: () => new Promise(() => {}),
    throws: () => {
      throw new Error('hush');
    },
  });
  health.setReady(true);
  const startedAt = performance.now();
  const { status, body } = await get('/readyz');
  expect(performance.now() - startedAt).toBeLessThan(2_000);
  expect(status).toBe(503);
  expect(body).toEqual({ status: 'not ready', failing: ['rejects', 'hangs', 'throws'] });
});

test('probes that come together ask once', async () => {
  let asked = 0;
  await start({ slow: async () => void ((asked += 1), await turnOfTheLoop()) });
  health.setReady(true);
  // In one packet, so that all are read before the first check is over.
  const socket = connect(health.port, '127.0.0.1');
  const probe = 'GET /readyz HTTP/1.1\r\nHost: test\r\n';
  socket.write(`${`${probe}\r\n`.repeat(9)}${probe}Connection: close\r\n\r\n`);
  expect((await text(socket)).match(/HTTP\/1.1 200 /g)).toHaveLength(10);
  expect(asked).toBe(1);
});

test('serves metrics, and nothing else', async () => {
  await start();
  expect((await get('/metrics')).text).toContain('process_cpu_seconds_total');
  await get('/metrics?x=1').expect(200);
  await get('/').expect(404);
  await ask().post('/healthz').expect(405);
});
