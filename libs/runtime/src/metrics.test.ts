import { expect, test } from 'vitest';
import { createMetrics } from './metrics.js';

test('counts, measures and reads under the name of the service', async () => {
  const metrics = createMetrics('chat');
  metrics.counter('parley_sends_total', 'Messages taken', ['result']).inc({ result: 'ok' });
  metrics.gauge('parley_open', 'Open ones', { read: () => 7 });
  metrics.histogram('parley_took_seconds', 'Time taken', [0.1, 1]).observe(0.5);
  const text = await metrics.registry.metrics();
  expect(text).toContain('parley_sends_total{result="ok",service="chat"} 1');
  expect(text).toContain('parley_open{service="chat"} 7');
  expect(text).toContain('parley_took_seconds_bucket{le="1",service="chat"} 1');
});

test('the same name is the same metric', async () => {
  const metrics = createMetrics('chat');
  metrics.counter('parley_twice_total', 'Twice').inc();
  metrics.counter('parley_twice_total', 'Twice').inc();
  expect(await metrics.registry.metrics()).toContain('parley_twice_total{service="chat"} 2');
});

test('every service in a process shows the metrics of the process, each once', async () => {
  for (const service of ['chat', 'auth']) {
    const text = await createMetrics(service).registry.metrics();
    expect(text.match(/^process_cpu_seconds_total\{/gm)).toHaveLength(1);
    expect(text).toContain(`service="${service}"`);
  }
});
