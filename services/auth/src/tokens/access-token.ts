import type { KeyObject } from 'node:crypto';
import {
  AccessClaims,
  type Account,
  type DialectName,
  Fault,
  type SessionId,
  tokenAlgorithm,
  tokenIssuer,
} from '@parley/contracts';
import jwt from 'jsonwebtoken';

/** The current signing key. A KeyObject, because parsing a PEM for each token costs more than signing it. */
export interface SigningKey {
  readonly kid: string;
  readonly privateKey: KeyObject;
}

export interface AccessTokenSubject {
  readonly account: Account;
  readonly dialect: DialectName;
  readonly sessionId: SessionId;
}

export interface AccessToken {
  readonly token: string;
  /** Epoch milliseconds, a multiple of 1000: tokens carry whole seconds. */
  readonly expiresAt: number;
}

export const signAccessToken = (
  { kid, privateKey }: SigningKey,
  { account, dialect, sessionId }: AccessTokenSubject,
  { now, lifeMs }: { readonly now: number; readonly lifeMs: number },
): AccessToken => {
  const iat = Math.floor(now / 1000);
  const claims: AccessClaims = {
    iss: tokenIssuer,
    aud: dialect,
    ...subjectOf(account, dialect),
    realm: account.realm,
    sid: sessionId,
    num: account.number,
    ...(account.handle !== account.id && { hdl: account.handle }),
    ...(!account.preferences.sharesReceipts && { nrc: true as const }),
    ...(account.preferences.invisible && { inv: true as const }),
    iat,
    exp: iat + Math.floor(lifeMs / 1000),
  };
  const token = jwt.sign(claims, privateKey, { algorithm: tokenAlgorithm, keyid: kid });
  return { token, expiresAt: claims.exp * 1000 };
};

type Subject = Pick<AccessClaims, 'sub' | 'aid' | 'name' | 'user_id' | 'type'>;

/** The claims that clients of each old server read. Kept short: old clients send tokens in URLs. */
const subjectOf = ({ id, number, username, handle, name }: Account, dialect: DialectName): Subject => {
  const login = username ?? name;
  const named = name === login ? {} : { name };
  switch (dialect) {
    case 'v1':
      return { sub: id, name };
    case 'rooms':
    case 'conversations':
      return { sub: login, aid: id, ...named };
    case 'fluent':
      return { sub: login, aid: id, ...named, user_id: number, type: 'access' };
    case 'mesh':
      return { sub: String(number), aid: id, name };
    case 'swifty':
      return { sub: handle, aid: id, name };
  }
};

/** The `kid` of a token, unverified; null when it is not a token. */
export const kidOf = (token: string): string | null => {
  const header = jwt.decode(token, { complete: true })?.header;
  return header?.alg === tokenAlgorithm && typeof header.kid === 'string' ? header.kid : null;
};

/** The claims of a token, after checking its signature, algorithm, issuer, expiry and shape. */
export const verifyAccessToken = (
  keys: { get(kid: string): KeyObject | undefined },
  token: string,
  { now }: { readonly now: number },
): AccessClaims => {
  const kid = kidOf(token);
  const key = kid === null ? undefined : keys.get(kid);
  if (!key) throw tokenInvalid();
  const claims = AccessClaims.safeParse(verified(token, key, now));
  if (!claims.success) throw tokenInvalid(claims.error);
  return claims.data;
};

const verified = (token: string, key: KeyObject, now: number): unknown => {
  try {
    return jwt.verify(token, key, {
      algorithms: [tokenAlgorithm],
      issuer: tokenIssuer,
      clockTimestamp: Math.floor(now / 1000),
    });
  } catch (error) {
    if (error instanceof jwt.TokenExpiredError) {
      throw new Fault('unauthenticated', 'token_expired', 'The access token has expired', { cause: error });
    }
    throw tokenInvalid(error);
  }
};

export const tokenInvalid = (cause?: unknown): Fault =>
  new Fault('unauthenticated', 'token_invalid', 'The access token is not valid here', { cause });
