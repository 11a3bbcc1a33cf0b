import { context, trace } from '@opentelemetry/api';
import { startTelemetry } from '@parley/runtime';
import { afterAll, expect, test } from 'vitest';
import { givenRealtime } from '../testing/fixtures.js';

const telemetry = await startTelemetry({ service: 'gateway', instanceId: '1', sampleRatio: 1 });
afterAll(() => telemetry.shutdown());

test('each send is a trace of its own, which chat continues although nothing records it', async () => {
  await using given = await givenRealtime();
  const ada = given.principals.account('ada');
  const room = given.stubs.room(ada.id);
  const client = await given.connect(ada.token);
  for (const text of ['1', '2']) {
    const sent = await client.ask({
      type: 'message.send',
      target: { channelId: room },
      clientId: text,
      content: { type: 'text', text },
    });
    expect(sent).toMatchObject({ message: { sequence: Number(text) } });
  }
  const { traceIds } = given.stubs.state;
  expect(traceIds).toEqual([expect.stringMatching(/^[0-9a-f]{32}$/), expect.stringMatching(/^[0-9a-f]{32}$/)]);
  expect(new Set(traceIds).size).toBe(2);
  // No context of theirs is left here.
  expect(trace.getSpan(context.active())).toBeUndefined();
});

test('topics continues the trace of each channel that is attached, although nothing records it', async () => {
  await using given = await givenRealtime();
  const ada = given.principals.account('ada');
  const client = await given.connect(ada.token);
  for (const room of [given.stubs.room(ada.id), given.stubs.room(ada.id)]) {
    expect(await client.ask({ type: 'channel.attach', channelId: room })).not.toHaveProperty('fault');
  }
  const { authorizeTraceIds } = given.stubs.state;
  expect(authorizeTraceIds).toEqual([expect.stringMatching(/^[0-9a-f]{32}$/), expect.stringMatching(/^[0-9a-f]{32}$/)]);
  expect(new Set(authorizeTraceIds).size).toBe(2);
  expect(trace.getSpan(context.active())).toBeUndefined();
});
