import { expect, test } from 'vitest';
import { fakeClock } from './clock.js';
import { eventually } from './eventually.js';

test('gives back what the check gave once it holds', async () => {
  let calls = 0;
  const check = (): number => {
    calls += 1;
    if (calls < 3) throw new Error('not yet');
    return calls;
  };
  await expect(eventually(check)).resolves.toBe(3);
});

test('throws the last reason when the time is up', async () => {
  const never = (): never => {
    throw new Error('never');
  };
  await expect(eventually(never, { withinMs: 20 })).rejects.toThrow('never');
  await expect(eventually(() => false, { withinMs: 20 })).rejects.toThrow('Still not so after 20 ms');
});

test('a fake clock moves only when it is advanced', () => {
  const clock = fakeClock(1_000);
  clock.advance(500);
  expect(clock.now()).toBe(1_500);
});
