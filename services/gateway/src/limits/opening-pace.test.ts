import { expect, onTestFinished, test } from 'vitest';
import { OpeningPace } from './opening-pace.js';

const given = (options: { atOnceMin?: number; atOnceMax?: number } = {}) => {
  let now = 0;
  // Sampled by hand, at times of this clock.
  const pace = new OpeningPace(() => now, { atOnceMin: 10, atOnceMax: 100, lateMs: 250, sampleMs: 100, ...options });
  pace.stop();
  onTestFinished(() => pace.stop());
  const ends: (() => void)[] = [];
  const opening = (count: number): void => {
    for (let one = 0; one < count; one += 1) void pace.during(() => new Promise<void>((resolve) => ends.push(resolve)));
  };
  const opened = async (count = ends.length): Promise<void> => {
    for (const end of ends.splice(0, count)) end();
    await new Promise(setImmediate);
  };
  const sampleAfter = (ms: number): void => {
    now += ms;
    pace.sample();
  };
  /** How many more may open. */
  const room = (): number => {
    let count = 0;
    for (; pace.admit() === null; count += 1) opening(1);
    return count;
  };
  return { pace, opening, opened, sampleAfter, room };
};

test('the limit shrinks while the event loop is late, never below its minimum, and grows again when it is on time', async () => {
  const { opened, sampleAfter, room } = given();
  expect(room()).toBe(100);
  sampleAfter(1_000);
  await opened();
  expect(room()).toBe(70);
  for (let late = 0; late < 20; late += 1) sampleAfter(1_000);
  await opened();
  expect(room()).toBe(10);
  sampleAfter(100);
  await opened();
  expect(room()).toBe(12);
  await opened();
  sampleAfter(100);
  sampleAfter(100);
  expect(room()).toBe(100);
});

test('a late event loop changes nothing while few connections open', () => {
  const { opening, sampleAfter, room } = given();
  opening(10);
  sampleAfter(5_000);
  sampleAfter(5_000);
  expect(room()).toBe(90);
});

test('those who are refused come back one after another, at the rate at which connections open', async () => {
  const { pace, opening, opened, sampleAfter } = given();
  for (let sample = 0; sample < 50; sample += 1) {
    opening(20);
    await opened();
    sampleAfter(100);
  }
  // 200 a second.
  opening(100);
  const times = Array.from({ length: 1_000 }, () => pace.admit() ?? 0);
  expect(times[0]).toBeGreaterThanOrEqual(1_000);
  expect(times[0]).toBeLessThan(1_100);
  expect(times[999]).toBeGreaterThan(5_900);
  expect(times[999]).toBeLessThan(6_300);
  expect(times).toEqual(times.toSorted((a, b) => a - b));
});

test('no client is sent away for longer than half a minute', () => {
  const { pace, opening } = given();
  opening(100);
  const times = Array.from({ length: 10_000 }, () => pace.admit() ?? 0);
  expect(Math.max(...times)).toBeLessThanOrEqual(30_000);
  expect(Math.min(...times)).toBeGreaterThanOrEqual(1_000);
});
