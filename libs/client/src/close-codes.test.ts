import { expect, test } from 'vitest';
import { errorOfClose, extraDelayMs, isFinalClose } from './close-codes.js';

const ended = (code: number, reason = '') => ({ code, reason });

test('only forbidden and not found are final', () => {
  const codes = [1000, 1001, 1005, 1006, 1008, 1009, 1011, 1012, 1013, 4401, 4403, 4404, 4408];
  expect(codes.filter((code) => isFinalClose(ended(code)))).toEqual([4403, 4404]);
});

test('a close says why, by its reason or without one', () => {
  expect(errorOfClose(ended(4403, 'barred'))).toMatchObject({ code: 'forbidden', reason: 'barred' });
  expect(errorOfClose(ended(4404))).toMatchObject({ code: 'not_found', reason: 'refused' });
  expect(errorOfClose(ended(4401, 'session_ended'))).toMatchObject({
    code: 'unauthenticated',
    reason: 'session_ended',
  });
  expect(errorOfClose(ended(1012, 'restarting'))).toBeNull();
});

test('who sent too much waits longer', () => {
  expect([1008, 1012, 1013].map((code) => extraDelayMs(ended(code)))).toEqual([2_000, 0, 0]);
});
