import { expect, test } from 'vitest';
import { BoundedMemoryLimiter } from './bounded-memory-limiter.js';

test('counts a bounded number of keys, and forgets the one that was not counted for longest', async () => {
  const limiter = new BoundedMemoryLimiter({ keyPrefix: 'p', points: 5, duration: 900 }, 100);
  await limiter.penalty('idle');
  for (let n = 0; n < 5_000; n += 1) {
    await limiter.penalty(`name ${n}`);
    await limiter.penalty('busy');
  }
  const keys = limiter.dump().storage.map(({ key }) => key);
  expect(keys).toHaveLength(100);
  expect(keys).toContain('busy');
  await expect(limiter.get('busy')).resolves.toMatchObject({ consumedPoints: 5_000 });
  await expect(limiter.get('idle')).resolves.toBeNull();
  for (const key of keys) await limiter.delete(key);
});
