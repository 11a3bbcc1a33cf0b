// What a client says of sampling in a frame: the gateway's own ratio, here all traces, decides unless the operator trusts clients.
import { startTelemetry } from '@parley/runtime';
import { eventually } from '@parley/testing';
import { afterAll, expect, test } from 'vitest';
import { upTo } from '../testing/fixtures.js';
import { withServices } from '../testing/services.js';

const givenRealtime = withServices();

const recorded: string[] = [];
const telemetry = await startTelemetry({
  service: 'gateway',
  instanceId: '1',
  sampleRatio: 1,
  exporter: {
    export: (spans, done) => {
      recorded.push(...spans.map((span) => span.spanContext().traceId));
      done({ code: 0 });
    },
    shutdown: () => Promise.resolve(),
  },
});
afterAll(() => telemetry.shutdown());

/** Sends one frame of a trace that its client does not want to be recorded. */
const sendUnsampled = async (traceId: string, trustClientSampling: boolean): Promise<void> => {
  await using given = await givenRealtime({ trustClientSampling });
  const ada = await given.account('ada');
  const socket = await given.connect(ada.token);
  await socket.ask({
    type: 'message.send',
    target: { channelId: await given.room(ada) },
    clientId: traceId,
    content: { type: 'text', text: 'unsampled' },
    traceparent: `00-${traceId}-b7ad6b7169203331-00`,
  });
};

test('the flag of a client does not decide whether its frame is recorded, unless the operator trusts it', async () => {
  const [distrusted, trusted] = ['a'.repeat(32), 'b'.repeat(32)];
  await sendUnsampled(trusted, true);
  await sendUnsampled(distrusted, false);
  await eventually(() => recorded.includes(distrusted));
  expect(recorded).not.toContain(trusted);
});

test('a send whose trace is recorded goes alone, in its place between lists', async () => {
  await using given = await givenRealtime({ trustClientSampling: true });
  const ada = await given.account('ada');
  const target = { channelId: await given.room(ada) };
  const socket = await given.connect(ada.token);
  let release = (): void => {};
  const allRead = new Promise<void>((resolve) => (release = resolve));
  given.calls.take = async ({ name }, answer) => {
    if (name.startsWith('chat.message.')) await allRead;
    return answer();
  };
  for (const n of upTo(9)) {
    const traceparent = `00-${String(n).repeat(32)}-b7ad6b7169203331-0${n === 5 ? 1 : 0}`;
    const content = { type: 'text', text: `m${n}` };
    socket.send({ type: 'message.send', target, clientId: `c${n}`, content, requestId: n, traceparent });
  }
  // Its answer says that all frames before it were read.
  await socket.ask({ type: 'channel.attach', channelId: target.channelId });
  release();
  await socket.waitFor(({ requestId }) => requestId === 9);
  const sent = socket.frames.filter(({ type }) => type === 'message.send');
  expect(sent.map(({ message }) => (message as { sequence: number }).sequence)).toEqual(upTo(9));
  expect(given.calls.count('chat.message.sendMany')).toBeGreaterThan(1);
  expect(given.calls.count('chat.message.send')).toBeGreaterThan(0);
  await eventually(() => expect(recorded).toContain('5'.repeat(32)));
});
