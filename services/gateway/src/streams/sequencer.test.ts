import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { entries, givenSequencer as given, pass } from '../testing/sequencer.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

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

test('what a state includes, and what a read brought, is not waited for again', async () => {
  const { sequencer, delivered, receive, reads } = given([{ entries: entries(7, 8), head: 8 }]);
  receive(3, 6);
  sequencer.startAfter(6);
  await pass(1_000);
  expect(reads).toEqual([]);
  receive(8);
  await pass(1_000);
  expect([delivered, reads, vi.getTimerCount()]).toEqual([[7, 8], [6], 0]);
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
