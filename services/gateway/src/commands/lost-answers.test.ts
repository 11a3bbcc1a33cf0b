import { deadlineIn, Fault } from '@parley/contracts';
import { expect, test } from 'vitest';
import { repeatWhileLost } from './lost-answers.js';

const unavailable = (reason: string, undelivered?: boolean): Fault =>
  new Fault('unavailable', reason, 'No answer', undelivered === undefined ? {} : { undelivered });
const undelivered = unavailable('no_responders', true);
const lost = unavailable('bus_down');

/** A call that fails with `faults`, one after the other, and then succeeds. */
const failing = (...faults: Fault[]) => {
  let calls = 0;
  const call = async (): Promise<string> => {
    calls += 1;
    const fault = faults.shift();
    if (fault) throw fault;
    return 'done';
  };
  return { call, calls: () => calls };
};
const deadline = () => deadlineIn(30_000);

test('a call that reached no process is not repeated where the client can repeat its request', async () => {
  const { call, calls } = failing(undelivered);
  await expect(repeatWhileLost(call, { deadline: deadline(), repeatsUndelivered: false })).rejects.toBe(undelivered);
  expect(calls()).toBe(1);
});

test('a call whose service could not reach another one is not repeated where the client can repeat its request', async () => {
  const fault = new Fault('unavailable', 'no_responders', 'No answer', { answered: true });
  const { call, calls } = failing(fault);
  await expect(repeatWhileLost(call, { deadline: deadline(), repeatsUndelivered: false })).rejects.toBe(fault);
  expect(calls()).toBe(1);
});

test('a call that reached no process is repeated where the client cannot repeat its request', async () => {
  const { call, calls } = failing(undelivered, undelivered);
  await expect(repeatWhileLost(call, { deadline: deadline(), repeatsUndelivered: true })).resolves.toBe('done');
  expect(calls()).toBe(3);
});

test('a call whose answer was lost is repeated, also while its repeats reach no process', async () => {
  const { call, calls } = failing(lost, undelivered, undelivered);
  await expect(repeatWhileLost(call, { deadline: deadline(), repeatsUndelivered: false })).resolves.toBe('done');
  expect(calls()).toBe(4);
});

test('a refusal is not repeated', async () => {
  const refusal = new Fault('forbidden', 'not_member', 'You are not a member');
  const { call, calls } = failing(refusal);
  await expect(repeatWhileLost(call, { deadline: deadline(), repeatsUndelivered: true })).rejects.toBe(refusal);
  expect(calls()).toBe(1);
});
