import { setImmediate as turnOfTheLoop } from 'node:timers/promises';
import { context, propagation, trace } from '@opentelemetry/api';
import { InMemorySpanExporter } from '@opentelemetry/sdk-trace';
import { collectedSpans, startCollector } from '@parley/testing';
import { afterEach, expect, test, vi } from 'vitest';
import { type Telemetry, continueTrace, startTelemetry, tracer } from './telemetry.js';

let telemetry: Telemetry | undefined;
afterEach(async () => {
  vi.unstubAllEnvs();
  await telemetry?.shutdown();
});

const { env: environment } = process;
const here = { environment, service: 'chat', instanceId: 'a1' };
const parent = (flags: string): string => `00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-${flags}`;

test('spans follow awaits, carry the service, and continue a trace that comes in', async () => {
  const exporter = new InMemorySpanExporter();
  telemetry = await startTelemetry({ ...here, sampleRatio: 0, exporter });
  const incoming = propagation.extract(context.active(), { traceparent: parent('01') });
  await context.with(incoming, () =>
    tracer().startActiveSpan('outer', async (outer) => {
      await turnOfTheLoop();
      tracer().startSpan('inner').end();
      outer.end();
    }),
  );
  const [inner, outer] = exporter.getFinishedSpans();
  expect(inner?.parentSpanContext?.spanId).toBe(outer?.spanContext().spanId);
  expect(outer?.spanContext().traceId).toBe('0af7651916cd43dd8448eb211c80319c');
  expect(outer?.resource.attributes).toMatchObject({ 'service.name': 'chat', 'service.instance.id': 'a1' });
});

test.each([
  { flags: '01', sampleRatio: 0, trusted: false, recorded: 0 },
  { flags: '00', sampleRatio: 1, trusted: false, recorded: 1 },
  { flags: '01', sampleRatio: 0, trusted: true, recorded: 1 },
  { flags: '00', sampleRatio: 1, trusted: true, recorded: 0 },
])('the flag of a client decides only where it is trusted: %o', async ({ flags, sampleRatio, trusted, recorded }) => {
  const exporter = new InMemorySpanExporter();
  telemetry = await startTelemetry({ ...here, sampleRatio, exporter });
  const incoming = continueTrace({ traceparent: parent(flags) }, trusted);
  const span = tracer().startSpan('request', {}, incoming);
  span.end();
  expect(span.spanContext().traceId).toBe('0af7651916cd43dd8448eb211c80319c');
  expect(exporter.getFinishedSpans()).toHaveLength(recorded);
});

test('the ratio decides for traces that begin here, the parent for all others', async () => {
  const exporter = new InMemorySpanExporter();
  telemetry = await startTelemetry({ ...here, sampleRatio: 0, exporter });
  tracer().startSpan('root').end();
  expect(exporter.getFinishedSpans()).toEqual([]);
});

test('without an exporter ids travel on, and nothing is recorded', async () => {
  telemetry = await startTelemetry({ ...here, sampleRatio: 1 });
  tracer().startActiveSpan('root', (span) => {
    const headers: { traceparent?: string } = {};
    propagation.inject(context.active(), headers);
    expect(headers.traceparent).toBe(`00-${span.spanContext().traceId}-${span.spanContext().spanId}-00`);
    expect(span.isRecording()).toBe(false);
    expect(trace.getActiveSpan()).toBe(span);
    span.end();
  });
});

test('a second start in one process is harmless, and so is its shutdown', async () => {
  const exporter = new InMemorySpanExporter();
  telemetry = await startTelemetry({ service: 'gateway', instanceId: 'a1', sampleRatio: 1, exporter });
  const second = await startTelemetry({ ...here, sampleRatio: 0 });
  await second.shutdown();
  tracer().startSpan('still here').end();
  expect(exporter.getFinishedSpans()).toHaveLength(1);
});

test('a collector gets the spans that wait when we stop', async () => {
  await using collector = await startCollector();
  vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', `${collector.url}/`);
  telemetry = await startTelemetry({ ...here, sampleRatio: 1 });
  tracer().startSpan('last').end();
  await telemetry.shutdown();
  expect(await collectedSpans(collector.url, { name: 'last' })).toHaveLength(1);
});

test('stopping does not wait long for a collector that is not there', async () => {
  vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', 'http://127.0.0.1:9');
  telemetry = await startTelemetry({ ...here, sampleRatio: 1 });
  tracer().startSpan('lost').end();
  const startedAt = performance.now();
  await expect(telemetry.shutdown()).rejects.toThrow();
  expect(performance.now() - startedAt).toBeLessThan(4_000);
});
