import { Fault } from '@parley/contracts';
import { expect, test } from 'vitest';
import { persistently } from './persistently.js';

const unavailable = () => new Fault('unavailable', 'store_unavailable', 'The store cannot be reached');

test('a call that nobody can answer for now is repeated until somebody does', async () => {
  let calls = 0;
  const answer = await persistently(async () => {
    calls += 1;
    if (calls < 3) throw unavailable();
    return 'taken';
  });
  expect([answer, calls]).toEqual(['taken', 3]);
});

test('another fault, the end of the time and an interrupt are not repeated', async () => {
  const conflict = new Fault('conflict', 'number_taken', 'That number is taken');
  await expect(persistently(() => Promise.reject(conflict))).rejects.toBe(conflict);
  await expect(persistently(() => Promise.reject(unavailable()), { withinMs: 10 })).rejects.toMatchObject({
    reason: 'store_unavailable',
  });
  const interrupted = new AbortController();
  const waiting = persistently(() => Promise.reject(unavailable()), { signal: interrupted.signal });
  interrupted.abort();
  await expect(waiting).rejects.toThrow();
});
