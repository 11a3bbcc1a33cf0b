import { z } from 'zod';
import { AccountId, DialectName, Realm, SessionId, ShortNumber } from './ids.js';
import type { AccountPrincipal } from './principal.js';

/** The `iss` of every access token. */
export const tokenIssuer = 'parley';
/** The only algorithm a verifier may accept. */
export const tokenAlgorithm = 'RS256';

/** What an access token says: auth signs this shape, the gateway verifies it. `aud` is the dialect, `sid` the session; times are epoch seconds. */
export const AccessClaims = z.object({
  iss: z.literal(tokenIssuer),
  aud: DialectName,
  sub: AccountId,
  realm: Realm,
  sid: SessionId,
  num: ShortNumber,
  hdl: z.string(),
  name: z.string(),
  iat: z.int(),
  exp: z.int(),
});
export type AccessClaims = z.infer<typeof AccessClaims>;

/** Who the bearer of a verified token is. */
export const principalFromClaims = (claims: AccessClaims): AccountPrincipal => ({
  kind: 'account',
  realm: claims.realm,
  dialect: claims.aud,
  accountId: claims.sub,
  number: claims.num,
  handle: claims.hdl,
  name: claims.name,
  sessionId: claims.sid,
});
