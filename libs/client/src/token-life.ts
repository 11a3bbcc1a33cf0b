import type { Tokens } from './types.js';

/** What a client reads of its own access token: who it is for, and when it began and ends by the server's clock (seconds). */
export interface TokenClaims {
  readonly sub: string;
  readonly iat: number;
  readonly exp: number;
}

/** null: no JWT, or one without these claims. Nothing is verified: only the server decides what a token is worth. */
const claimsOf = (accessToken: string): TokenClaims | null => {
  try {
    const payload = (accessToken.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/');
    const { sub, iat, exp } = JSON.parse(atob(payload)) as Record<string, unknown>;
    if (typeof sub !== 'string' || typeof iat !== 'number' || typeof exp !== 'number') return null;
    return { sub, iat, exp };
  } catch {
    // An opaque token: it is used until the server refuses it.
    return null;
  }
};

/**
 * Milliseconds that a token lives in all: its own `exp - iat`, whatever time it is here. Infinity: it does not say. When it was
 * issued is not compared with the clock here, which may be hours off.
 */
export const lifeMsOf = (accessToken: string): number => {
  const claims = claimsOf(accessToken);
  return claims ? Math.max(0, claims.exp - claims.iat) * 1000 : Infinity;
};

/** Whether `other` was issued to the same account, and not before `own`. */
export const isSuccessor = (other: Tokens, own: Tokens | null): boolean => {
  if (!own) return true;
  if (other.accessToken === own.accessToken && other.refreshToken === own.refreshToken) return false;
  const [theirs, ours] = [claimsOf(other.accessToken), claimsOf(own.accessToken)];
  return !theirs || !ours || (theirs.sub === ours.sub && theirs.iat >= ours.iat);
};
