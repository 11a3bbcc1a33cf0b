import { createLog } from '@parley/runtime';
import { eventually } from '@parley/testing';
import { expect, test } from 'vitest';
import { startJobs } from './jobs.js';

const log = createLog({ service: 'auth', level: 'silent' });

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
  await eventually(() => runs > 3);
  await jobs.stop();
  const after = runs;
  expect(atOnce).toBe(0);
  expect(atOnceMax).toBe(1);
  expect(runs).toBe(after);
});
