import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Sequencer, type Page, type Sequenced } from './sequencer.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const timings = { holdBackMs: 50, holdBackMax: 4, retryMs: 100, retryMaxMs: 350 };

/** A stream of numbers whose owner answers with `pages`, and fails when there is none left. */
const given = (pages: Partial<Page<number>>[] = []) => {
  const delivered: number[] = [];
  const reads: number[] = [];
  const observed = { heldBack: 0, skippedHole: 0, repaired: [] as number[], failures: [] as unknown[] };
  const waits = new Map<number, Promise<void>>();
  const scope = { kind: 'channel' as const, id: 'c' };
  const stream: Sequenced<number> = {
    scope,
    observer: {
      heldBack: () => (observed.heldBack += 1),
      skippedHole: () => (observed.skippedHole += 1),
      repaired: (count) => void observed.repaired.push(count),
      repairFailed: (where, error) => void observed.failures.push([where, error]),
      encodingFailed: () => {},
    },
    deliver: (event) => void delivered.push(event),
    beforeDelivery: (event) => waits.get(event) ?? null,
    beforeRepair: () => Promise.resolve(),
    read: (after) => {
      reads.push(after);
      const page = pages.shift();
      if (!page) return Promise.reject(new Error('away'));
      return Promise.resolve({ entries: [], more: false, head: 0, floor: 0, ...page });
    },
  };
  const sequencer = new Sequencer(stream, timings);
  const receive = (...sequences: number[]) => {
    for (const sequence of sequences) sequencer.receive({ sequence, event: sequence });
  };
  return { sequencer, delivered, reads, observed, waits, scope, receive };
};
const entries = (...sequences: number[]) => sequences.map((sequence) => ({ sequence, event: sequence }));
/** Lets time pass, and everything that waits for it. */
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

test('before the head is known nothing is delivered; then everything that arrived, even what the head includes', () => {
  const { sequencer, delivered, receive } = given();
  receive(3, 4);
  expect([delivered, sequencer.delivered]).toEqual([[], null]);
  sequencer.start(4);
  expect([delivered, sequencer.delivered]).toEqual([[3, 4], 4]);
  receive(5);
  expect(delivered).toEqual([3, 4, 5]);
});

test('a stream whose state was read at its head drops what that state includes', () => {
  const { sequencer, delivered, receive } = given();
  receive(3, 4, 5);
  sequencer.startAfter(4);
  expect([delivered, sequencer.delivered]).toEqual([[5], 5]);
});

test('a stream starts once', () => {
  const { sequencer, delivered, receive } = given();
  sequencer.start(0);
  sequencer.start(7);
  sequencer.startAfter(8);
  receive(1);
  expect(delivered).toEqual([1]);
});

test('what is repeated or late is delivered once', async () => {
  const { sequencer, delivered, receive, observed, reads } = given();
  sequencer.start(0);
  receive(1, 1, 2, 1, 2);
  await pass(1_000);
  expect([delivered, observed.heldBack, reads]).toEqual([[1, 2], 0, []]);
});

test('a gap that closes within the time to hold back is never read, and the next gap has the whole time', async () => {
  const { sequencer, delivered, receive, reads, observed } = given([{ entries: entries(4, 5), head: 5 }]);
  sequencer.start(0);
  receive(2);
  await pass(49);
  receive(1);
  expect(delivered).toEqual([1, 2]);
  await pass(10);
  receive(5);
  await pass(49);
  expect([reads, observed.heldBack]).toEqual([[], 2]);
  await pass(1);
  expect(reads).toEqual([2]);
  expect(delivered).toEqual([1, 2, 4, 5]);
  expect(observed.repaired).toEqual([2]);
});

test('a timer that was set for a gap which closed gives the gap that opened meanwhile its own time', async () => {
  const { sequencer, receive, reads } = given([{ entries: entries(2, 3), head: 3 }]);
  sequencer.start(0);
  receive(2, 5);
  await pass(30);
  receive(1);
  await pass(20);
  expect(reads).toEqual([]);
  await pass(50);
  expect(reads).toEqual([2]);
});

test('with as many events held as may be, what is missing is read at once', async () => {
  const { sequencer, delivered, receive, reads } = given([{ entries: entries(1, 2, 3, 4, 5), head: 5 }]);
  sequencer.start(0);
  receive(5, 4, 3);
  await pass(0);
  expect(reads).toEqual([]);
  receive(2);
  await pass(0);
  expect(reads).toEqual([0]);
  expect(delivered).toEqual([1, 2, 3, 4, 5]);
});

test('of more events than may be held the lowest are kept, and the others are read when their turn comes', async () => {
  const { sequencer, delivered, receive, reads } = given([{ entries: entries(6, 7, 8, 9), head: 9 }]);
  receive(9, 8, 4, 3, 2, 5, 5, 9);
  sequencer.start(9);
  expect(delivered).toEqual([2, 3, 4, 5]);
  await pass(0);
  expect(reads).toEqual([5]);
  expect(delivered).toEqual([2, 3, 4, 5, 6, 7, 8, 9]);
});

test('a read that fails is repeated after twice the time, up to a maximum', async () => {
  const { sequencer, receive, reads, delivered, observed, scope } = given();
  sequencer.start(0);
  receive(2);
  await pass(50);
  const at = async (ms: number) => (await pass(ms), reads.length);
  expect(reads).toEqual([0]);
  expect(observed.failures).toEqual([[scope, new Error('away')]]);
  expect([await at(99), await at(1)]).toEqual([1, 2]);
  // However many events arrive, a read that failed keeps its time.
  receive(3, 4, 5, 6);
  expect([await at(199), await at(1)]).toEqual([2, 3]);
  expect([await at(349), await at(1)]).toEqual([3, 4]);
  expect([await at(349), await at(1)]).toEqual([4, 5]);
  expect(delivered).toEqual([]);
});

test('after a read that succeeded the next failure waits the first time again', async () => {
  const pages: Partial<Page<number>>[] = [];
  const { sequencer, receive, reads } = given(pages);
  sequencer.start(0);
  for (let n = 0; n < 3; n += 1) await expect(sequencer.repair()).rejects.toThrow('away');
  pages.push({ head: 0 });
  await sequencer.repair();
  receive(2);
  await pass(50);
  expect(reads).toHaveLength(5);
  await pass(99);
  expect(reads).toHaveLength(5);
  await pass(1);
  expect(reads).toHaveLength(6);
});

test('who asks while a repair runs joins it', async () => {
  const { sequencer, reads } = given([{ head: 0 }]);
  sequencer.start(0);
  await Promise.all([sequencer.repair(), sequencer.repair()]);
  expect(reads).toEqual([0]);
});

test('pages are read until the last, and one that brings nothing new ends it', async () => {
  vi.useRealTimers();
  const { sequencer, delivered, reads } = given([
    { entries: entries(1, 2), more: true, head: 9 },
    { entries: entries(2, 3), more: true, head: 9 },
    { entries: [], more: true, head: 9 },
  ]);
  sequencer.start(0);
  await sequencer.repair();
  expect([delivered, reads, sequencer.delivered]).toEqual([[1, 2, 3], [0, 2, 3], 3]);
});

test('what the owner does not have below its head needs no delivery', async () => {
  const { sequencer, delivered, receive, observed } = given([{ entries: entries(2), head: 4 }]);
  sequencer.start(0);
  await sequencer.repair();
  expect([delivered, sequencer.delivered, observed.skippedHole]).toEqual([[2], 4, 0]);
  receive(5);
  expect(delivered).toEqual([2, 5]);
});

test('an owner without what is missing below a held event lost it: the event is delivered, and that is reported', async () => {
  const { sequencer, delivered, receive, observed } = given([{ head: 0 }]);
  sequencer.start(0);
  receive(5, 6);
  await pass(50);
  expect([delivered, observed.skippedHole]).toEqual([[5, 6], 1]);
});

test('a head beyond what was delivered is read at once, another is not', async () => {
  const { sequencer, delivered, reads } = given([{ entries: entries(1), head: 1 }]);
  sequencer.expect(1);
  await pass(0);
  expect(reads).toEqual([]);
  sequencer.start(0);
  sequencer.expect(0);
  await pass(0);
  expect(reads).toEqual([]);
  sequencer.expect(1);
  await pass(0);
  expect([reads, delivered]).toEqual([[0], [1]]);
});

test('an event whose delivery waits holds back those behind it', async () => {
  const { sequencer, delivered, receive, waits } = given();
  let proceed = (): void => {};
  waits.set(1, new Promise((resolve) => (proceed = resolve)));
  sequencer.start(0);
  receive(1, 2);
  expect(delivered).toEqual([]);
  waits.delete(1);
  proceed();
  await pass(0);
  expect(delivered).toEqual([1, 2]);
});

test('who waits for a sequence is answered when it was delivered, or after its time', async () => {
  const { sequencer, receive } = given();
  sequencer.start(0);
  const settled: string[] = [];
  const note = (name: string, sequence: number, ms: number) =>
    void sequencer.reached(sequence, ms).then(() => settled.push(name));
  note('there', 0, 1_000);
  note('soon', 2, 1_000);
  note('late', 3, 100);
  await pass(0);
  expect(settled).toEqual(['there']);
  receive(1, 2);
  await pass(0);
  expect(settled).toEqual(['there', 'soon']);
  await pass(100);
  expect(settled).toEqual(['there', 'soon', 'late']);
});

test('who waits is answered by a read too, even of what has no event', async () => {
  const { sequencer } = given([{ entries: [], head: 3 }]);
  sequencer.start(0);
  let isReached = false;
  void sequencer.reached(3, 10_000).then(() => (isReached = true));
  await sequencer.repair();
  await pass(0);
  expect(isReached).toBe(true);
});

test('a stopped stream delivers nothing, reads nothing and keeps nobody waiting', async () => {
  const { sequencer, delivered, receive, reads } = given([{ entries: entries(1, 2), head: 2 }]);
  sequencer.start(0);
  receive(2);
  const waiting = sequencer.reached(2, 10_000);
  sequencer.stop();
  await waiting;
  await sequencer.reached(9, 10_000);
  receive(1);
  await sequencer.repair();
  await pass(1_000);
  expect([delivered, reads, vi.getTimerCount()]).toEqual([[], [], 0]);
});

test('a stream that is stopped during a read delivers nothing of it', async () => {
  const { sequencer, delivered } = given([{ entries: entries(1, 2), head: 2 }]);
  sequencer.start(0);
  const repair = sequencer.repair();
  sequencer.stop();
  await repair;
  expect(delivered).toEqual([]);
});
