import { randomUUID } from 'node:crypto';
import { Fault } from '@parley/contracts';
import type { AccountId, ChannelId } from '@parley/contracts';
import { afterEach, expect, test, vi } from 'vitest';
import { ReceiptBatches } from './receipt-batches.js';
import type { ReceiptPosition } from './receipt-batches.js';

afterEach(() => void vi.useRealTimers());

const given = (record: (positions: readonly ReceiptPosition[]) => Promise<readonly ReceiptPosition[]>) => {
  const calls: ReceiptPosition[][] = [];
  const recordMany = async ({ positions }: { positions: ReceiptPosition[] }) => {
    calls.push(positions);
    return { positions: await record(positions) };
  };
  const core = { chat: { receipt: { recordMany } } } as unknown as ConstructorParameters<
    typeof ReceiptBatches
  >[0]['core'];
  return { calls, batches: new ReceiptBatches({ core, callMs: 1_000 }) };
};
const positionOf = (more: Partial<ReceiptPosition> = {}): ReceiptPosition => ({
  accountId: randomUUID() as AccountId,
  channelId: randomUUID() as ChannelId,
  read: 1,
  delivered: 1,
  shared: true,
  ...more,
});

test('positions are recorded at once, then together every 250 ms, and each is answered with what was stored', async () => {
  vi.useFakeTimers();
  const stored = (one: ReceiptPosition) => ({ ...one, delivered: one.delivered + 10 });
  const { calls, batches } = given(async (positions) => positions.map(stored));
  const first = batches.record('main', positionOf({ read: 5 }));
  await vi.advanceTimersByTimeAsync(1);
  expect(await first).toEqual({ read: 5, delivered: 11 });
  const [one, other] = [positionOf({ read: 7 }), positionOf({ read: 8 })];
  const answers = Promise.all([
    batches.record('main', one),
    batches.record('main', { ...one, read: 3, delivered: 9 }),
    batches.record('main', other),
    batches.record('elsewhere', other),
  ]);
  await vi.advanceTimersByTimeAsync(200);
  // Realms are recorded apart.
  expect(calls.map((positions) => positions.length)).toEqual([1, 1]);
  await vi.advanceTimersByTimeAsync(60);
  expect(await answers).toEqual([
    { read: 7, delivered: 19 },
    { read: 7, delivered: 19 },
    { read: 8, delivered: 11 },
    { read: 8, delivered: 11 },
  ]);
  expect(calls.map((positions) => positions.length)).toEqual([1, 1, 2]);
});

test('a thousand go in one call, one call is in progress at a time, and a failure reaches everybody it concerns', async () => {
  vi.useFakeTimers();
  let running = 0;
  const { calls, batches } = given(async (positions) => {
    running += 1;
    expect(running).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    running -= 1;
    if (calls.length === 1) throw new Fault('unavailable', 'store_unavailable', 'Down');
    return positions;
  });
  const answers = Array.from({ length: 1_500 }, () =>
    batches.record('main', positionOf()).then(
      () => 'recorded',
      ({ reason }: Fault) => reason,
    ),
  );
  await vi.advanceTimersByTimeAsync(5_000);
  const outcomes = await Promise.all(answers);
  expect(outcomes.filter((one) => one === 'store_unavailable')).toHaveLength(1_000);
  expect(outcomes.filter((one) => one === 'recorded')).toHaveLength(500);
});

test('a position of a channel that chat does not know is answered as nothing', async () => {
  const { batches } = given(async () => []);
  expect(await batches.record('main', positionOf({ read: 9 }))).toEqual({ read: 0, delivered: 0 });
});
