import { expect, test } from 'vitest';
import { createSpacing } from './spacing.js';

test('the first goes on at once, and those that come soon after it go on together', async () => {
  const together = createSpacing(50, () => performance.now());
  const passed: string[] = [];
  const pass = (name: string): Promise<void> => together().then(() => void passed.push(name));
  const first = pass('first');
  const second = pass('second');
  await first;
  expect(passed).toEqual(['first']);
  await new Promise(setImmediate);
  const third = pass('third');
  await second;
  await Promise.resolve();
  expect(passed).toEqual(['first', 'second', 'third']);
  await third;
});
