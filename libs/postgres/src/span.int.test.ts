import { startTelemetry, tracer } from '@parley/runtime';
import { InMemorySpanExporter } from '@opentelemetry/sdk-trace';
import { freshDatabase } from '@parley/testing';
import { afterAll, expect, test } from 'vitest';
import { query, transact } from './transaction.js';

const exporter = new InMemorySpanExporter();
const telemetry = await startTelemetry({ service: 'test', instanceId: '1', sampleRatio: 1, exporter });
afterAll(() => telemetry.shutdown());

test('a statement is a span of the trace it belongs to, without the values of its parameters', async () => {
  await using database = await freshDatabase({ schema: 'things', migrations: {} });
  await query(database, 'alone', (knex) => knex.raw('select 1'));
  await tracer().startActiveSpan('call', async (call) => {
    await transact(database, 'ask', (tx) => tx.raw('select ?::text', ['s3cret']));
    await query(database, 'broken', (knex) => knex.raw('select ?::text from nowhere', ['s3cret'])).catch(
      () => undefined,
    );
    call.end();
  });
  const [ask, broken, call] = exporter.getFinishedSpans();
  expect(exporter.getFinishedSpans()).toHaveLength(3);
  expect(ask).toMatchObject({
    name: 'sql ask',
    attributes: { 'db.system.name': 'postgresql', 'db.query.summary': 'ask' },
  });
  expect(ask?.parentSpanContext?.spanId).toBe(call?.spanContext().spanId);
  expect(broken).toMatchObject({ name: 'sql broken', attributes: { 'error.type': 'internal' } });
  const recorded = [ask, broken].map((span) => JSON.stringify([span?.attributes, span?.events, span?.status]));
  expect(recorded.join('')).not.toContain('s3cret');
});
