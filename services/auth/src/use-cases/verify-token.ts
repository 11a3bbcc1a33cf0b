import { type AccessClaims, type Auth, type Handlers, type Principal, principalFromClaims } from '@parley/contracts';
import { sessionEnded } from '../callers.js';
import type { AuthDeps } from '../deps.js';
import { kidOf, tokenInvalid, verifyAccessToken } from '../tokens/access-token.js';

/** A valid token is of this realm, of this dialect when the caller has one, and of a live session. */
export const verifyToken =
  ({ keyRing, sessions, clock }: Pick<AuthDeps, 'keyRing' | 'sessions' | 'clock'>): Handlers<Auth>['token']['verify'] =>
  async ({ accessToken }, { principal }) => {
    const kid = kidOf(accessToken);
    const key = kid === null ? undefined : await keyRing.find(kid);
    const claims = verifyAccessToken({ get: () => key }, accessToken, { now: clock() });
    if (!belongsTo(principal, claims)) throw tokenInvalid();
    if (!(await sessions.lives(claims.sid))) throw sessionEnded();
    return { principal: principalFromClaims(claims), expiresAt: new Date(claims.exp * 1000).toISOString() };
  };

const belongsTo = (caller: Principal, claims: AccessClaims): boolean =>
  caller.realm === claims.realm && (caller.kind === 'system' || caller.dialect === claims.aud);
