import { afterEach, expect, test } from 'vitest';
import { type Health, startHealth } from './health.js';
import { createMetrics } from './metrics.js';

let health: Health;
afterEach(() => health.close());

const start = async (checks: Record<string, () => Promise<void>> = {}): Promise<void> => {
  health = await startHealth({ host: '127.0.0.1', port: 0, metrics: createMetrics('chat'), checks });
};
const get = async (path: string, method = 'GET'): Promise<{ status: number; body: string }> => {
  const response = await fetch(`http://127.0.0.1:${health.port}${path}`, { method });
  return { status: response.status, body: await response.text() };
};

test('alive from the beginning, ready only between being told so and being told otherwise', async () => {
  await start({ store: () => Promise.resolve() });
  expect((await get('/healthz')).status).toBe(200);
  expect(await get('/readyz')).toEqual({ status: 503, body: '{"status":"not ready","failing":["process"]}' });
  health.setReady(true);
  expect((await get('/readyz')).status).toBe(200);
  health.setReady(false);
  expect((await get('/readyz')).status).toBe(503);
  expect((await get('/healthz')).status).toBe(200);
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
  expect(JSON.parse(body)).toEqual({ status: 'not ready', failing: ['rejects', 'hangs', 'throws'] });
});

test('probes that come together ask once', async () => {
  let asked = 0;
  await start({
    slow: async () => {
      asked += 1;
      await new Promise((resolve) => setTimeout(resolve, 100));
    },
  });
  health.setReady(true);
  const answers = await Promise.all(Array.from({ length: 10 }, () => get('/readyz')));
  expect(answers.every(({ status }) => status === 200)).toBe(true);
  expect(asked).toBeLessThan(3);
});

test('serves metrics, and nothing else', async () => {
  await start();
  expect((await get('/metrics')).body).toContain('process_cpu_seconds_total');
  expect((await get('/metrics?x=1')).status).toBe(200);
  expect((await get('/')).status).toBe(404);
  expect((await get('/healthz', 'POST')).status).toBe(405);
});
