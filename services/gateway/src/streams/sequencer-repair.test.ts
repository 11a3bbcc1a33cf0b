import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { entries, givenSequencer as given, pass } from '../testing/sequencer.js';
import type { Page } from './sequencer.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

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

test('while a delivery waits nothing is read, which would overtake it', async () => {
  const { sequencer, delivered, receive, reads, waits } = given([{ entries: entries(1, 2), head: 2 }]);
  let proceed = (): void => {};
  waits.set(1, new Promise((resolve) => (proceed = resolve)));
  sequencer.start(0);
  receive(1);
  sequencer.expect(2);
  await pass(1_000);
  expect([delivered, reads]).toEqual([[], []]);
  waits.delete(1);
  proceed();
  await pass(0);
  sequencer.expect(2);
  await pass(0);
  expect([delivered, reads]).toEqual([[1, 2], [1]]);
});

test('what a read brought is delivered after what has to precede it, and not at all in a stopped stream', async () => {
  for (const stops of [false, true]) {
    const { sequencer, delivered, repairs } = given([{ entries: entries(1, 2), head: 2 }]);
    let proceed = (): void => {};
    repairs.wait = new Promise((resolve) => (proceed = resolve));
    sequencer.start(0);
    const repair = sequencer.repair();
    await pass(0);
    expect(delivered).toEqual([]);
    if (stops) sequencer.stop();
    proceed();
    await repair;
    expect(delivered).toEqual(stops ? [] : [1, 2]);
  }
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

test('a stopped stream delivers nothing, reads nothing and resolves what waits for it', async () => {
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

test('a stopped stream leaves no timer, also when the read that was running fails', async () => {
  const { sequencer, receive } = given();
  sequencer.start(0);
  receive(2);
  expect(vi.getTimerCount()).toBe(1);
  const repair = sequencer.repair();
  sequencer.stop();
  await expect(repair).rejects.toThrow('away');
  expect(vi.getTimerCount()).toBe(0);
  const waiting = given();
  waiting.sequencer.start(0);
  waiting.receive(2);
  waiting.sequencer.stop();
  expect(vi.getTimerCount()).toBe(0);
});

test('a stream that is stopped during a read delivers nothing of it', async () => {
  const { sequencer, delivered } = given([{ entries: entries(1, 2), head: 2 }]);
  sequencer.start(0);
  const repair = sequencer.repair();
  sequencer.stop();
  await repair;
  expect(delivered).toEqual([]);
});
