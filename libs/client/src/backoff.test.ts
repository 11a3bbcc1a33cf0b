import { expect, test } from 'vitest';
import { createBackoff } from './backoff.js';

test('delays are random below a ceiling that doubles up to its maximum, and begins anew after a success', () => {
  let random = 1;
  const backoff = createBackoff({ baseMs: 250, maxMs: 1_000, random: () => random });
  expect([1, 2, 3, 4].map(() => backoff.next())).toEqual([250, 500, 1_000, 1_000]);
  random = 0.5;
  expect(backoff.next()).toBe(500);
  backoff.reset();
  expect(backoff.next()).toBe(125);
});
