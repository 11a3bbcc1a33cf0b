import { expect, test } from 'vitest';
import { StreamCursor } from './stream-cursor.js';

const cursorFrom = (last: number | null) => {
  const seen: number[] = [];
  const cursor = new StreamCursor<string>(last, (entry, sequence) => {
    expect(entry).toBe(`e${sequence}`);
    seen.push(sequence);
  });
  const push = (...sequences: number[]) => sequences.forEach((each) => cursor.push(each, `e${each}`));
  return { cursor, push, seen };
};

test('each number is handed over once and in order, however it came', () => {
  const { cursor, push, seen } = cursorFrom(0);
  push(2, 1, 1, 2, 4, 4, 3, 1);
  expect(seen).toEqual([1, 2, 3, 4]);
  expect(cursor.hasGap).toBe(false);
});

test('what came too early waits', () => {
  const { cursor, push, seen } = cursorFrom(5);
  push(7, 8);
  expect(seen).toEqual([]);
  expect(cursor.hasGap).toBe(true);
  push(6);
  expect(seen).toEqual([6, 7, 8]);
});

test('before the beginning is known all waits, and only what is after it is handed over', () => {
  const { cursor, push, seen } = cursorFrom(null);
  push(41, 42, 43);
  cursor.startAfter(41);
  expect(seen).toEqual([42, 43]);
  expect(cursor.last).toBe(43);
});

test('numbers known to be empty are passed over, those held before them are not', () => {
  const { cursor, push, seen } = cursorFrom(1);
  push(3, 6);
  cursor.skipTo(4);
  expect(seen).toEqual([3]);
  expect(cursor.last).toBe(4);
  cursor.skipTo(5);
  expect(seen).toEqual([3, 6]);
  cursor.skipTo(2);
  expect(cursor.last).toBe(6);
});

test('a handler that pushes from inside does not disturb the order', () => {
  const seen: number[] = [];
  const cursor: StreamCursor<number> = new StreamCursor<number>(0, (_entry, sequence) => {
    seen.push(sequence);
    if (sequence === 1) cursor.push(2, 2);
  });
  cursor.push(3, 3);
  cursor.push(1, 1);
  expect(seen).toEqual([1, 2, 3]);
});
