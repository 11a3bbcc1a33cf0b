import type { Auth, Handlers } from '@parley/contracts';
import { announceEnded } from '../announce.js';
import { dialectOf, sessionEnded } from '../callers.js';
import type { AuthDeps } from '../deps.js';
import { refreshExpired, refreshInvalid, refreshReused } from '../domain/refresh.js';
import { type GrantDeps, grant, grantTimes } from '../grants.js';
import { hashOpaque } from '../tokens/secrets.js';

/**
 * Exchanges a refresh token for its successor. The successor is computed from the token, so a repeated request gets the same response,
 * and the database stores nothing but hashes.
 */
export const refreshToken =
  (deps: GrantDeps & Pick<AuthDeps, 'secrets' | 'log'>): Handlers<Auth>['token']['refresh'] =>
  async ({ refreshToken: shown }, context) => {
    const dialect = dialectOf(context);
    const { realm } = context.principal;
    const successor = deps.secrets.successorOf(shown);
    const rotation = await deps.sessions.rotate({
      hash: hashOpaque(shown),
      successorHash: hashOpaque(successor),
      realm,
      dialect,
      times: grantTimes(deps, dialect),
    });
    switch (rotation.verdict) {
      case 'rotate':
      case 'repeat':
        return grant(deps, { ...rotation, dialect, refreshToken: successor });
      case 'revoke_family': {
        const { accountId, sessionId } = rotation;
        deps.log.warn({ accountId, sessionId }, 'A used refresh token came again; its session was ended');
        announceEnded(deps.bus, { realm, accountId }, [sessionId], 'refresh_reused');
        throw refreshReused();
      }
      case 'reused':
        throw refreshReused();
      case 'expired':
        throw refreshExpired();
      case 'ended':
        throw sessionEnded();
      case 'invalid':
        throw refreshInvalid();
    }
  };
