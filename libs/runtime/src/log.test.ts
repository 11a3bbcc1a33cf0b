import { InMemorySpanExporter } from '@opentelemetry/sdk-trace';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createLog } from './log.js';
import { type Telemetry, startTelemetry, tracer } from './telemetry.js';

let telemetry: Telemetry;
beforeAll(async () => {
  telemetry = await startTelemetry({
    service: 'test',
    instanceId: '1',
    sampleRatio: 1,
    exporter: new InMemorySpanExporter(),
  });
});
afterAll(() => telemetry.shutdown());

const capture = (options: { readonly pretty?: boolean; readonly level?: string } = {}) => {
  const lines: string[] = [];
  const log = createLog({ service: 'chat', ...options, destination: { write: (line) => void lines.push(line) } });
  return { log, lines, last: () => JSON.parse(lines.at(-1) ?? 'null') as unknown };
};

test('a line is JSON with the service and the ids of the active span', () => {
  const { log, last } = capture();
  log.info({ count: 1 }, 'outside');
  expect(last()).toMatchObject({ level: 'info', service: 'chat', count: 1, msg: 'outside' });
  expect(last()).not.toHaveProperty('trace_id');
  tracer().startActiveSpan('work', (span) => {
    log.info('inside');
    const { traceId, spanId } = span.spanContext();
    expect(last()).toMatchObject({ trace_id: traceId, span_id: spanId });
    span.end();
  });
});

test('secrets are redacted wherever they stand', () => {
  const { log, lines } = capture();
  log.info({ password: 'hush', user: { token: 'hush' }, req: { headers: { authorization: 'hush' } } }, 'login');
  log.child({ refreshToken: 'hush' }).info('refresh');
  expect(lines.join('')).not.toContain('hush');
});

test('an error comes with stack and causes, but not with what else it carries', () => {
  const { log, lines, last } = capture();
  const cause = Object.assign(new Error('duplicate key'), { code: '23505', detail: 'Key (email)=(ada@example.org)' });
  log.error({ err: new AggregateError([new Error('one')], 'outer', { cause }) }, 'failed');
  expect(last()).toMatchObject({
    err: { message: 'outer', errors: [{ message: 'one' }], cause: { message: 'duplicate key', code: '23505' } },
  });
  expect(lines.join('')).toContain('log.test.ts');
  expect(lines.join('')).not.toContain('ada@example.org');
});

test('an error that is its own cause ends somewhere, and a thrown text is logged', () => {
  const { log, last } = capture();
  const error = new Error('round');
  error.cause = error;
  log.error({ err: error }, 'failed');
  log.error({ err: 'just text' }, 'failed');
  expect(last()).toMatchObject({ err: { message: 'just text' } });
});

test('the level is kept, and a person can read the pretty form', () => {
  const { log, lines } = capture({ pretty: true, level: 'warn' });
  log.info('not this');
  log.warn({ port: 8000, err: new Error('oops') }, 'careful');
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(/^\[\d\d:\d\d:\d\d\.\d{3}\] WARN: chat: careful\n {4}port: 8000\n/);
});
