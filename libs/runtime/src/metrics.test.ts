import { expect, test } from 'vitest';
import { createMetrics } from './metrics.js';

test('counts, measures and reads under the name of the service', async () => {
  const metrics = createMetrics('chat');
  metrics.counter('parley_sends_total', 'Messages taken', { labels: ['result'] }).inc({ result: 'ok' });
  metrics.gauge('parley_open', 'Open ones', { read: () => 7 });
  metrics.histogram('parley_took_seconds', 'Time taken', [0.1, 1]).observe(0.5);
  const text = await metrics.registry.metrics();
  expect(text).toContain('# TYPE parley_sends_total counter');
  expect(text).toContain('parley_sends_total{result="ok",service="chat"} 1');
  expect(text).toContain('parley_open{service="chat"} 7');
  expect(text).toContain('parley_took_seconds_bucket{le="1",service="chat"} 1');
});

test('a counter is read, whole, each time that it is asked for', async () => {
  const metrics = createMetrics('gateway');
  let frames = 3;
  metrics.counter('parley_frames_total', 'Frames', { read: () => frames });
  expect(await metrics.registry.metrics()).toContain('# TYPE parley_frames_total counter');
  expect(await metrics.registry.metrics()).toContain('parley_frames_total{service="gateway"} 3');
  frames = 5;
  expect(await metrics.registry.metrics()).toContain('parley_frames_total{service="gateway"} 5');
});

test('what is read may have labels, and the readers of one name are added up', async () => {
  const metrics = createMetrics('standalone');
  const read = (part: string, failures: number) => () => [[{ part }, failures] as const];
  metrics.counter('parley_failures_total', 'Failures', { labels: ['part'], read: read('topics', 1) });
  metrics.counter('parley_failures_total', 'Failures', { labels: ['part'], read: read('signaling', 2) });
  metrics.counter('parley_failures_total', 'Failures', { labels: ['part'], read: read('topics', 4) });
  const text = await metrics.registry.metrics();
  expect(text).toContain('parley_failures_total{part="topics",service="standalone"} 5');
  expect(text).toContain('parley_failures_total{part="signaling",service="standalone"} 2');
});

test('a histogram counts up to each of its bounds, apart for each set of labels', async () => {
  const metrics = createMetrics('chat');
  const seconds = metrics.histogram('parley_asked_seconds', 'Time', [0.1, 1], ['outcome']);
  const ok = seconds.with({ outcome: 'ok' });
  for (const value of [0.05, 0.1, 0.5, 7]) ok.observe(value);
  seconds.observe(2, { outcome: 'late' });
  const lines = (await metrics.registry.metrics()).split('\n').filter((line) => line.includes('parley_asked_seconds'));
  expect(lines).toEqual([
    '# HELP parley_asked_seconds Time',
    '# TYPE parley_asked_seconds histogram',
    'parley_asked_seconds_bucket{le="0.1",outcome="ok",service="chat"} 2',
    'parley_asked_seconds_bucket{le="1",outcome="ok",service="chat"} 3',
    'parley_asked_seconds_bucket{le="+Inf",outcome="ok",service="chat"} 4',
    'parley_asked_seconds_sum{outcome="ok",service="chat"} 7.65',
    'parley_asked_seconds_count{outcome="ok",service="chat"} 4',
    'parley_asked_seconds_bucket{le="0.1",outcome="late",service="chat"} 0',
    'parley_asked_seconds_bucket{le="1",outcome="late",service="chat"} 0',
    'parley_asked_seconds_bucket{le="+Inf",outcome="late",service="chat"} 1',
    'parley_asked_seconds_sum{outcome="late",service="chat"} 2',
    'parley_asked_seconds_count{outcome="late",service="chat"} 1',
  ]);
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
