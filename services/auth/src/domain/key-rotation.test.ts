import { expect, test } from 'vitest';
import { type KeyTimes, planRotation, replicaLagMs } from './key-rotation.js';

const policy = { signsMs: 1_000_000, publishAheadMs: 600, longestAccessMs: 5_000 };
const key = (kid: string, state: KeyTimes['state'], times: Partial<KeyTimes> = {}): KeyTimes => ({
  kid,
  state,
  createdAt: 0,
  activatedAt: state === 'active' ? 0 : null,
  verifiesUntil: null,
  ...times,
});
const plan = (now: number, ...keys: KeyTimes[]) => planRotation(keys, now, policy);

test('the first key signs at once: nobody has an older set', () => {
  expect(plan(0)).toEqual([{ do: 'make', as: 'active' }]);
});

test('the next key is made ahead of its time, once', () => {
  expect(plan(policy.signsMs - 601, key('a', 'active'))).toEqual([]);
  expect(plan(policy.signsMs - 600, key('a', 'active'))).toEqual([{ do: 'make', as: 'next' }]);
  expect(plan(policy.signsMs - 1, key('a', 'active'), key('b', 'next', { createdAt: policy.signsMs - 600 }))).toEqual(
    [],
  );
});

test('a key that was made late still waits until verifiers can have seen it', () => {
  const late = key('b', 'next', { createdAt: 2 * policy.signsMs });
  expect(plan(2 * policy.signsMs + 599, key('a', 'active'), late)).toEqual([]);
  const now = 2 * policy.signsMs + 600;
  expect(plan(now, key('a', 'active'), late)).toEqual([
    { do: 'retire', kid: 'a', verifiesUntil: now + policy.longestAccessMs + replicaLagMs },
    { do: 'promote', kid: 'b' },
  ]);
});

test('a retiring key is forgotten when nothing that it signed can still be good', () => {
  const retiring = key('a', 'retiring', { verifiesUntil: 100 });
  expect(plan(99, retiring, key('b', 'active'))).toEqual([]);
  expect(plan(100, retiring, key('b', 'active'))).toEqual([{ do: 'forget', kid: 'a' }]);
});

test('without an active key the next one takes over at once', () => {
  expect(plan(0, key('b', 'next'))).toEqual([{ do: 'promote', kid: 'b' }]);
});
