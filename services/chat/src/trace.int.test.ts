import { InMemorySpanExporter, type ReadableSpan } from '@opentelemetry/sdk-trace';
import { startTelemetry, tracer } from '@parley/runtime';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Given, anAccount, givenChat, says } from './testing/fixtures.js';

const exporter = new InMemorySpanExporter();
const telemetry = await startTelemetry({ service: 'gateway', instanceId: '1', sampleRatio: 1, exporter });
let given: Given;
beforeAll(async () => {
  given = await givenChat();
});
afterAll(async () => {
  await given[Symbol.asyncDispose]();
  await telemetry.shutdown();
});
beforeEach(() => exporter.reset());

const named = (name: string): ReadableSpan[] => exporter.getFinishedSpans().filter((span) => span.name === name);
const idOf = (span: ReadableSpan): string => span.spanContext().spanId;
const traceOf = (span: ReadableSpan): string => span.spanContext().traceId;
const parentOf = (span: ReadableSpan): string | undefined => span.parentSpanContext?.spanId;

test('a group of one continues the trace down to its statement', async () => {
  const room = await given.topics.channel('room');
  await tracer().startActiveSpan('request', async (span) => {
    const input = { target: { channelId: room.id }, clientId: 'c', content: says('x') };
    await given.chat.message.send(input, { principal: anAccount() });
    span.end();
  });
  const [request] = named('request');
  const [statement] = named('sql append_new');
  expect(traceOf(statement!)).toBe(traceOf(request!));
  const caller = exporter.getFinishedSpans().find((span) => idOf(span) === parentOf(statement!));
  expect(caller?.name).toContain('message.send');
  expect([named('message.group'), named('message.commit')]).toEqual([[], []]);
});

test('a group of many has one span, linked with one span in each member’s trace, and one statement', async () => {
  const principal = await given.account();
  const room = await given.topics.channel('room');
  const send = (clientId: string) =>
    tracer().startActiveSpan('request', async (span) => {
      await given.chat.message.send({ target: { channelId: room.id }, clientId, content: says('x') }, { principal });
      span.end();
    });
  await send('warm the cache');
  exporter.reset();
  await Promise.all(['a', 'b', 'c', 'd'].map(send));

  const [group, ...otherGroups] = named('message.group');
  const commits = named('message.commit');
  const statements = named('sql append_new');
  expect([otherGroups.length, commits.length, statements.length]).toEqual([0, 4, 1]);
  expect(new Set(commits.map(traceOf))).toEqual(new Set(named('request').map(traceOf)));
  expect(new Set(commits.map(traceOf)).size).toBe(4);
  for (const commit of commits) expect(commit.links.map(({ context }) => context.spanId)).toEqual([idOf(group!)]);
  const linked = group!.links.map(({ context }) => context.spanId);
  expect(new Set(linked)).toEqual(new Set(commits.map((commit) => parentOf(commit))));
  expect(parentOf(statements[0]!)).toBe(idOf(group!));
});
