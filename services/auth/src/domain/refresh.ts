import { Fault } from '@parley/contracts';

export type EndReason = 'signed_out' | 'revoked' | 'refresh_reused' | 'password_changed' | 'account_deleted';

/** For how long a client that lost the response to a refresh can repeat the request. */
export const refreshGraceMs = 30_000;

/** A refresh token that could not be rotated, and its state. Times are epoch milliseconds. */
export interface StaleToken {
  readonly status: 'active' | 'rotated';
  readonly rotatedAt: number | null;
  readonly expiresAt: number;
  readonly successorUnused: boolean;
  readonly sessionEndedWhy: EndReason | null;
}

export type RefreshVerdict = 'rotate' | 'repeat' | 'expired' | 'ended' | 'reused' | 'revoke_family';

/**
 * Decides what to do with a refresh token. Presented again within the grace period and before its successor was used, it is a retry of a
 * request whose response was lost. Presented later, it was copied, and the server cannot know which holder is the owner: the family ends.
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
