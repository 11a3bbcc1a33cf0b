import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { startJobs } from './jobs.js';
import { createLog } from './log.js';

const log = createLog({ service: 'auth', level: 'silent' });

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('a job that fails runs again, and never twice at once', async () => {
  let runs = 0;
  let atOnce = 0;
  let atOnceMax = 0;
  const work = async () => {
    runs += 1;
    atOnceMax = Math.max(atOnceMax, (atOnce += 1));
    await new Promise((resolve) => setTimeout(resolve, 5));
    atOnce -= 1;
    throw new Error('not this time');
  };
  const jobs = startJobs([{ name: 'failing', everyMs: 1, work }], log);
  await vi.advanceTimersByTimeAsync(33);
  const stopped = jobs.stop();
  await vi.advanceTimersByTimeAsync(33);
  await stopped;
  // Each takes 5 ms, and the next one begins with the millisecond after it.
  expect(runs).toBe(6);
  expect(atOnce).toBe(0);
  expect(atOnceMax).toBe(1);
});
