// The time of day where the SDK runs decides nothing. The server is a process of its own, so that only the client's clock is off.
import { type Platform, eventually, startPlatform } from '@parley/testing';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { type TestClient, clientsOf, newAccount } from './clients.js';
import { observedSockets } from './observed-socket.js';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const framesBurst = 20;

let platform: Platform;
beforeAll(async () => {
  platform = await startPlatform('standalone', {
    PARLEY_FRAMES_PER_SECOND: String(framesBurst),
    PARLEY_FRAMES_BURST: String(framesBurst),
    PARLEY_ACCOUNT_REQUESTS_BURST: '1000',
  });
});
afterAll(() => platform.stop());

const RealDate = Date;
afterEach(() => {
  globalThis.Date = RealDate;
  vi.useRealTimers();
});
const shiftDate = (ms: number): void => {
  globalThis.Date = class extends RealDate {
    constructor(...given: unknown[]) {
      super(...((given.length === 0 ? [RealDate.now() + ms] : given) as [number]));
    }
    static override now = (): number => RealDate.now() + ms;
  } as DateConstructor;
};

const url = (): string => platform.urls[0] ?? '';
const clientOf = clientsOf(url);

// A token lives for 15 minutes: one that seems to be about to end, to be over long ago, and not to have begun.
const shifts = [14 * minuteMs + 57_000, hourMs, -hourMs, 25 * hourMs];
test('a wrong clock of the client causes no refresh', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const { webSocket, sent } = observedSockets();
  const made: TestClient[] = [];
  for (const ms of shifts) {
    const { grant } = await newAccount(url());
    shiftDate(ms);
    const storage = { load: () => ({ tokens: grant }), save: () => {} };
    const clients = [clientOf({ tokens: grant, webSocket }), clientOf({ storage, webSocket })];
    await Promise.all(clients.map(({ client }) => client.connect()));
    made.push(...clients);
  }
  // Long before the client should refresh, and long after it would if it relied on its clock.
  vi.advanceTimersByTime(10 * minuteMs);
  for (const ms of shifts) {
    shiftDate(ms);
    for (const { client } of made) await client.rest.me();
  }
  expect(made.map(({ refreshes }) => refreshes())).toEqual(made.map(() => 0));
  expect(sent.map(({ method }) => method)).not.toContain('session.refresh');
  vi.advanceTimersByTime(5 * minuteMs);
  vi.useRealTimers();
  await eventually(() => made.every(({ refreshes }) => refreshes() === 1));
});

test('a message that the server asked to send later goes out though the clock of the client was set back', async () => {
  const { grant } = await newAccount(url());
  const { webSocket, received } = observedSockets();
  const { client } = clientOf({ tokens: grant, webSocket });
  await client.connect();
  const { id } = await client.rest.createChannel({ kind: 'room', title: 'General' });
  const sending = Array.from({ length: 2 * framesBurst }, (_, n) => client.send(id, `m${n}`, { deadlineMs: 20_000 }));
  await eventually(() => received.some(({ error }) => error?.data?.reason === 'too_many_frames'));
  shiftDate(-hourMs);
  const sent = await Promise.all(sending);
  expect(new Set(sent.map(({ sequence }) => sequence)).size).toBe(sending.length);
});
