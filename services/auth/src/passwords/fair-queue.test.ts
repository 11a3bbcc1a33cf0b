import { deadlineIn } from '@parley/contracts';
import { expect, test } from 'vitest';
import { createFairQueue } from './fair-queue.js';

/** A queue with one slot, whose first job runs until it is released. */
const held = (waitingMax = 200) => {
  const queue = createFairQueue({ atOnce: 1, waitingMax });
  let letGo = (): void => undefined;
  const gate = new Promise<void>((resolve) => (letGo = resolve));
  const first = queue.run({ key: 'first', deadline: deadlineIn(60_000) }, () => gate);
  return { queue, first, letGo };
};
const ran: string[] = [];
const job = (name: string) => () => Promise.resolve(void ran.push(name));
const until = () => deadlineIn(60_000);

test('230 wrong sign-ins from four networks do not keep a fifth waiting', async () => {
  const { queue, first, letGo } = held();
  ran.length = 0;
  const guesses = Array.from({ length: 230 }, (_, index) =>
    queue.run({ key: `network ${index % 4}`, deadline: until() }, job('guess')),
  );
  const all = Promise.allSettled(guesses);
  const owner = queue.run({ key: 'owner', deadline: until() }, job('owner'));
  letGo();
  await owner;
  expect(ran.indexOf('owner')).toBeLessThan(5);
  const refused = (await all).filter(({ status }) => status === 'rejected');
  expect(refused).toHaveLength(31);
  await first;
  expect(queue.waiting()).toBe(0);
});

test('keys take turns in the order of their jobs', async () => {
  const { queue, first, letGo } = held();
  ran.length = 0;
  const jobs = ['a1', 'a2', 'a3', 'b1', 'b2', 'c1'].map((name) =>
    queue.run({ key: name.charAt(0), deadline: until() }, job(name)),
  );
  letGo();
  await Promise.all([first, ...jobs]);
  expect(ran).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'a3']);
});

test('a job whose deadline passed is dropped before it runs, and makes room for others', async () => {
  const { queue, first, letGo } = held(2);
  ran.length = 0;
  const late = ['late 1', 'late 2'].map((name) => queue.run({ key: 'a', deadline: deadlineIn(-1) }, job(name)));
  const all = Promise.allSettled(late);
  const next = queue.run({ key: 'a', deadline: until() }, job('next'));
  letGo();
  await Promise.all([first, next]);
  for (const outcome of await all) {
    expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'unavailable', reason: 'deadline_exceeded' } });
  }
  expect(ran).toEqual(['next']);
});

test('a job whose deadline passed while it waited is not run, also in a queue that has room', async () => {
  const { queue, first, letGo } = held();
  ran.length = 0;
  const late = queue.run({ key: 'a', deadline: deadlineIn(-1) }, job('late'));
  const next = queue.run({ key: 'a', deadline: until() }, job('next'));
  const refused = expect(late).rejects.toMatchObject({ code: 'unavailable', reason: 'deadline_exceeded' });
  letGo();
  await Promise.all([first, next, refused]);
  expect(ran).toEqual(['next']);
  expect(queue.waiting()).toBe(0);
});
