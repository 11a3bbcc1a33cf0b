import { Fault } from '@parley/contracts';

export type EndReason = 'signed_out' | 'revoked' | 'refresh_reused' | 'password_changed' | 'account_deleted';

/** How long a lost answer to a refresh can be asked for again. */
export const refreshGraceMs = 30_000;

/** A refresh token that could not be rotated, and what is known about it. Times are epoch milliseconds. */
export interface StaleToken {
  readonly status: 'active' | 'rotated';
  readonly rotatedAt: number | null;
  readonly expiresAt: number;
  readonly successorUnused: boolean;
  readonly sessionEndedWhy: EndReason | null;
}

export type RefreshVerdict = 'rotate' | 'repeat' | 'expired' | 'ended' | 'reused' | 'revoke_family';

/**
 * What to do with a refresh token. Shown again within the grace and before its successor was used, it is the question whose answer
 * got lost. Shown later, somebody holds a copy, and nobody can tell who: the family ends.
 */
export const judgeRefresh = (token: StaleToken, now: number): RefreshVerdict => {
  if (token.sessionEndedWhy === 'refresh_reused') return 'reused';
  if (token.sessionEndedWhy !== null) return 'ended';
  if (token.expiresAt <= now) return 'expired';
  if (token.status === 'active') return 'rotate';
  const inGrace = token.rotatedAt !== null && now - token.rotatedAt <= refreshGraceMs;
  return inGrace && token.successorUnused ? 'repeat' : 'revoke_family';
};

export const refreshInvalid = (): Fault =>
  new Fault('unauthenticated', 'refresh_invalid', 'This refresh token is not known here');
export const refreshExpired = (): Fault =>
  new Fault('unauthenticated', 'refresh_expired', 'This refresh token has expired; sign in again');
export const refreshReused = (): Fault =>
  new Fault('unauthenticated', 'refresh_reused', 'This refresh token was used before; the session has ended');
