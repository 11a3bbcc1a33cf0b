import { expect, test } from 'vitest';
import { unevenness } from './steady.js';

test('one slow second in a minute is seen, however good the others are', () => {
  const seconds = [...Array<number>(59).fill(20), 500];
  expect(unevenness(seconds)).toEqual({ worst: 500, median: 20, ratio: 25 });
  expect(unevenness(Array<number>(60).fill(20)).ratio).toBe(1);
});
