import { context, trace } from '@opentelemetry/api';
import { startTelemetry } from '@parley/runtime';
import { afterAll, expect, test } from 'vitest';
import { type GivenGateway, withServices } from '../testing/services.js';

const givenRealtime = withServices();

const telemetry = await startTelemetry({ service: 'gateway', instanceId: '1', sampleRatio: 1 });
afterAll(() => telemetry.shutdown());

/** The traces of the calls with this name from now on. */
const traceIdsOf = ({ calls }: GivenGateway, name: string): (string | undefined)[] => {
  const traceIds: (string | undefined)[] = [];
  calls.take = (call, answer) => {
    // A frequent operation has its trace without an async context, where nothing records it.
    const traceId = call.context.trace?.traceparent?.split('-')[1] ?? trace.getActiveSpan()?.spanContext().traceId;
    if (call.name === name) traceIds.push(traceId);
    return answer();
  };
  return traceIds;
};

test('each send is a trace of its own, which chat continues although nothing records it', async () => {
  await using given = await givenRealtime();
  const ada = await given.account('ada');
  const room = await given.room(ada);
  const traceIds = traceIdsOf(given, 'chat.message.send');
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
  expect(traceIds).toEqual([expect.stringMatching(/^[0-9a-f]{32}$/), expect.stringMatching(/^[0-9a-f]{32}$/)]);
  expect(new Set(traceIds).size).toBe(2);
  // No context of theirs is left here.
  expect(trace.getSpan(context.active())).toBeUndefined();
});

test('topics continues the trace of each channel that is attached, although nothing records it', async () => {
  await using given = await givenRealtime();
  const ada = await given.account('ada');
  const authorizeTraceIds = traceIdsOf(given, 'topics.member.authorize');
  const client = await given.connect(ada.token);
  for (const room of [await given.room(ada), await given.room(ada)]) {
    expect(await client.ask({ type: 'channel.attach', channelId: room })).not.toHaveProperty('fault');
  }
  expect(authorizeTraceIds).toEqual([expect.stringMatching(/^[0-9a-f]{32}$/), expect.stringMatching(/^[0-9a-f]{32}$/)]);
  expect(new Set(authorizeTraceIds).size).toBe(2);
  expect(trace.getSpan(context.active())).toBeUndefined();
});
