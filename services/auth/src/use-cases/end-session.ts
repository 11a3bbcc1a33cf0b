import { type Auth, type Handlers, notFound } from '@parley/contracts';
import { announceEnded } from '../announce.js';
import { requireAccount, requireLive } from '../callers.js';
import type { AuthDeps } from '../deps.js';

/** Signing out twice is signing out. A session that has ended may not end another, or a thief's old token could. */
export const endSession =
  (deps: Pick<AuthDeps, 'sessions' | 'bus' | 'clock'>): Handlers<Auth>['session']['end'] =>
  async (input, context) => {
    const principal = requireAccount(context);
    const sessionId = input.sessionId ?? principal.sessionId;
    const own = sessionId === principal.sessionId;
    if (!own) await requireLive(deps, context);
    const why = own ? 'signed_out' : 'revoked';
    const ended = await deps.sessions.end(principal.accountId, sessionId, why, deps.clock());
    if (ended === null && !own) throw notFound('session');
    // Told again for one that had ended before: the first telling may be what the caller's retry makes up for.
    announceEnded(deps.bus, principal, [sessionId], why);
    return {};
  };
