import type { Tokens } from './types.js';

/**
 * Claims that a client reads from its own access token: the account, and when it was issued and expires by the server's clock (epoch
 * seconds).
 */
export interface TokenClaims {
  readonly sub: string;
  readonly name?: string;
  readonly iat: number;
  readonly exp: number;
}

/** null: not a JWT, or one without these claims. Nothing is verified: only the server decides whether a token is valid. */
const claimsOf = (accessToken: string): TokenClaims | null => {
  try {
    const payload = (accessToken.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/');
    const bytes = Uint8Array.from(atob(payload), (character) => character.charCodeAt(0));
    const { sub, name, iat, exp } = JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>;
    if (typeof sub !== 'string' || typeof iat !== 'number' || typeof exp !== 'number') return null;
    return { sub, iat, exp, ...(typeof name === 'string' && { name }) };
  } catch {
    // An opaque token: it is used until the server refuses it.
    return null;
  }
};

/** Id and name of the account that a token belongs to; null when it does not say so. */
export const accountOf = (accessToken = ''): { readonly id: string; readonly name: string } | null => {
  const claims = claimsOf(accessToken);
  return claims && { id: claims.sub, name: claims.name ?? '' };
};

/**
 * Lifetime of a token in milliseconds, from its own `exp - iat`; Infinity when it has none. Its `iat` is not compared with the local clock,
 * which may be hours off.
 */
export const lifeMsOf = (accessToken: string): number => {
  const claims = claimsOf(accessToken);
  return claims ? Math.max(0, claims.exp - claims.iat) * 1000 : Infinity;
};

/** Whether `other` was issued to the same account as `own`, and later. */
export const isIssuedLater = (other: Tokens, own: Tokens): boolean => {
  const [theirs, ours] = [claimsOf(other.accessToken), claimsOf(own.accessToken)];
  return theirs !== null && theirs.sub === ours?.sub && theirs.iat > ours.iat;
};

/** Whether `other` was issued to the same account as `own`, and not earlier. */
export const isSuccessor = (other: Tokens, own: Tokens | null): boolean => {
  if (!own) return true;
  if (other.accessToken === own.accessToken && other.refreshToken === own.refreshToken) return false;
  const [theirs, ours] = [claimsOf(other.accessToken), claimsOf(own.accessToken)];
  return !theirs || !ours || (theirs.sub === ours.sub && theirs.iat >= ours.iat);
};
