import { deadlineIn } from '@parley/contracts';
import { expect, test } from 'vitest';
import { createSharedTimers } from './shared-timers.js';

/** Node's timers count whole milliseconds. */
const earlyMs = 2;

test('each ends at its own deadline, and a cancelled one does not', async () => {
  const at = createSharedTimers();
  const ended: string[] = [];
  const started = performance.now();
  const due = (name: string, ms: number): { cancel: () => void; done: Promise<number> } => {
    let cancel = (): void => {};
    const done = new Promise<number>((resolve) => {
      cancel = at(deadlineIn(ms), () => {
        ended.push(name);
        resolve(performance.now() - started);
      });
    });
    return { cancel, done };
  };
  const [first, second, late] = [due('first', 30), due('second', 30), due('late', 60)];
  const never = due('cancelled', 30);
  never.cancel();
  never.cancel();
  expect(await first.done).toBeGreaterThan(30 - earlyMs);
  await second.done;
  expect(ended).toEqual(['first', 'second']);
  expect(await late.done).toBeGreaterThan(60 - earlyMs);
  expect(ended).toEqual(['first', 'second', 'late']);
});

test('a deadline that has passed ends too, and what it sets meanwhile ends later', async () => {
  const at = createSharedTimers();
  const ended: string[] = [];
  await new Promise<void>((resolve) => {
    at(deadlineIn(-50), () => {
      ended.push('passed');
      at(deadlineIn(-50), () => {
        ended.push('set meanwhile');
        resolve();
      });
    });
  });
  expect(ended).toEqual(['passed', 'set meanwhile']);
});
