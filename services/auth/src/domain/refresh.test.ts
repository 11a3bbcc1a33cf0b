import { expect, test } from 'vitest';
import { type StaleToken, judgeRefresh, refreshGraceMs } from './refresh.js';

const now = 1_000_000;
const rotated: StaleToken = {
  status: 'rotated',
  rotatedAt: now - refreshGraceMs,
  expiresAt: now + 1,
  successorUnused: true,
  sessionEndedWhy: null,
};

test.each<[string, Partial<StaleToken>, string]>([
  ['rotated within the grace, successor unused', {}, 'repeat'],
  ['rotated within the grace, successor used', { successorUnused: false }, 'revoke_family'],
  ['rotated before the grace', { rotatedAt: now - refreshGraceMs - 1 }, 'revoke_family'],
  ['active', { status: 'active', rotatedAt: null }, 'rotate'],
  ['active and expired', { status: 'active', rotatedAt: null, expiresAt: now }, 'expired'],
  ['rotated and expired', { rotatedAt: 0, expiresAt: now }, 'expired'],
  ['of a session that signed out', { sessionEndedWhy: 'signed_out', rotatedAt: 0 }, 'ended'],
  ['of a family that reuse ended', { sessionEndedWhy: 'refresh_reused', rotatedAt: 0 }, 'reused'],
])('a token %s: %s', (_what, change, verdict) => {
  expect(judgeRefresh({ ...rotated, ...change }, now)).toBe(verdict);
});
