import { type Auth, type Handlers, notFound } from '@parley/contracts';
import { announceEnded } from '../announce.js';
import { requireAccount, requireLive } from '../callers.js';
import type { AuthDeps } from '../deps.js';

/** Signing out twice succeeds. A session that has ended may not end another, or a thief's old token could. */
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
    // Published again for a session that had already ended: the caller may retry because the first event was lost.
    announceEnded(deps.bus, principal, [sessionId], why);
    return {};
  };
