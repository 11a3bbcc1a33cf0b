import { afterEach, expect, test, vi } from 'vitest';
import { BoundedMemoryLimiter } from './bounded-memory-limiter.js';
import { createThrottle } from './throttle.js';

afterEach(() => void vi.restoreAllMocks());

test('counts a bounded number of keys, and forgets the one that was not counted for longest', async () => {
  const limiter = new BoundedMemoryLimiter({ keyPrefix: 'p', points: 5, duration: 900 }, 100);
  await limiter.penalty('idle');
  for (let n = 0; n < 5_000; n += 1) {
    await limiter.penalty(`name ${n}`);
    await limiter.penalty('busy');
  }
  expect(limiter.size).toBe(100);
  await expect(limiter.get('busy')).resolves.toMatchObject({ consumedPoints: 5_000 });
  await expect(limiter.get('idle')).resolves.toBeNull();
});

test('a count ends after its duration', async () => {
  let now = 0;
  const limiter = new BoundedMemoryLimiter({ keyPrefix: 'p', points: 5, duration: 900 }, 100, () => now);
  await limiter.penalty('a');
  now = 600_000;
  await expect(limiter.penalty('a')).resolves.toMatchObject({ consumedPoints: 2, msBeforeNext: 300_000 });
  now = 900_000;
  await expect(limiter.get('a')).resolves.toBeNull();
  await expect(limiter.penalty('a')).resolves.toMatchObject({ consumedPoints: 1, msBeforeNext: 900_000 });
});

test.each([
  ['−20 s', -20_000],
  ['+1 h', 3_600_000],
])('a step of the wall clock of %s changes no limit of registrations', async (_step, ms) => {
  const throttle = createThrottle(null, { registrationsPerAddress: 2 });
  const register = () => throttle.admitRegistration('203.0.113.6');
  await register();
  await register();
  const before: unknown = await register().catch((error: unknown) => error);
  const wall = Date.now;
  vi.spyOn(Date, 'now').mockImplementation(() => wall() + ms);
  const after: unknown = await register().catch((error: unknown) => error);
  expect(before).toMatchObject({ reason: 'too_many_accounts' });
  expect(after).toMatchObject({ reason: 'too_many_accounts' });
  const [waitBefore, waitAfter] = [before, after].map((fault) => (fault as { retryAfterMs: number }).retryAfterMs);
  expect(waitAfter).toBeLessThanOrEqual(waitBefore ?? 0);
  expect(waitAfter).toBeGreaterThan((waitBefore ?? 0) - 5_000);
});
