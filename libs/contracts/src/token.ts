import { z } from 'zod';
import { AccountId, DialectName, Realm, SessionId, ShortNumber } from './ids.js';
import type { AccountPrincipal } from './principal.js';

/** The `iss` of every access token. */
export const tokenIssuer = 'parley';
/** The only algorithm a verifier may accept. */
export const tokenAlgorithm = 'RS256';

/**
 * Claims of an access token: auth signs this shape, the gateway verifies it. `aud` is the dialect, `sid` the session; times are epoch
 * seconds.
 *
 * `sub` is for the client, in the form that its dialect's old server used (user name, number, uuid); no decision depends on it. The account
 * is `aid`; a token without one (v1's, and those of earlier versions) has the account's id as `sub`. `hdl` is left out where it equals that
 * id, `name` where it equals `sub`.
 */
export const AccessClaims = z
  .object({
    iss: z.literal(tokenIssuer),
    aud: DialectName,
    sub: z.string(),
    aid: AccountId.optional(),
    realm: Realm,
    sid: SessionId,
    num: ShortNumber,
    hdl: z.string().optional(),
    name: z.string().optional(),
    /** fluent only. */
    user_id: z.int().optional(),
    type: z.literal('access').optional(),
    // The account's preferences where they are not the defaults, as they were when the token was issued.
    /** It does not share its receipts. */
    nrc: z.literal(true).optional(),
    /** It is invisible. */
    inv: z.literal(true).optional(),
    iat: z.int(),
    exp: z.int(),
  })
  .refine(({ aid, sub }) => aid !== undefined || AccountId.safeParse(sub).success, 'sub must be an account id');
export type AccessClaims = z.infer<typeof AccessClaims>;

/** The principal of a verified token. */
export const principalFromClaims = (claims: AccessClaims): AccountPrincipal => {
  const accountId = claims.aid ?? AccountId.parse(claims.sub);
  return {
    kind: 'account',
    realm: claims.realm,
    dialect: claims.aud,
    accountId,
    number: claims.num,
    handle: claims.hdl ?? accountId,
    name: claims.name ?? claims.sub,
    sessionId: claims.sid,
    ...((claims.nrc ?? claims.inv) && {
      preferences: { sharesReceipts: !claims.nrc, invisible: claims.inv ?? false },
    }),
  };
};
