import type { Tokens } from './types.js';

/** What a client reads of its own access token: who it is for, and when it began and ends by the server's clock (seconds). */
export interface TokenClaims {
  readonly sub: string;
  readonly iat: number;
  readonly exp: number;
}

/** null: no JWT, or one without these claims. Nothing is verified: only the server decides what a token is worth. */
export const claimsOf = (accessToken: string): TokenClaims | null => {
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

/** How long a token lives that the server issued just now: its own `exp - iat`, whatever time it is here. */
export const wholeLifeMs = (accessToken: string): number => {
  const claims = claimsOf(accessToken);
  return claims ? Math.max(0, claims.exp - claims.iat) * 1000 : Infinity;
};

/**
 * How long a token of unknown age may still live. The clock here is believed only where it agrees with the token (between `iat`
 * and `exp`); otherwise the token is taken for new, and the server refuses it when it is not.
 */
export const restOfLifeMs = (accessToken: string): number => {
  const claims = claimsOf(accessToken);
  if (!claims) return Infinity;
  const leftMs = claims.exp * 1000 - Date.now();
  const wholeMs = wholeLifeMs(accessToken);
  return leftMs > 0 && leftMs <= wholeMs ? leftMs : wholeMs;
};

/** Whether `other` was issued to the same account, and not before `own`. */
export const isSuccessor = (other: Tokens, own: Tokens | null): boolean => {
  if (!own) return true;
  if (other.accessToken === own.accessToken && other.refreshToken === own.refreshToken) return false;
  const [theirs, ours] = [claimsOf(other.accessToken), claimsOf(own.accessToken)];
  return !theirs || !ours || (theirs.sub === ours.sub && theirs.iat >= ours.iat);
};
