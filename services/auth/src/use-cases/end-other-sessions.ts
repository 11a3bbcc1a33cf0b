import type { Auth, Handlers } from '@parley/contracts';
import { announceEnded } from '../announce.js';
import { requireLive } from '../callers.js';
import type { AuthDeps } from '../deps.js';

export const endOtherSessions =
  (deps: Pick<AuthDeps, 'sessions' | 'bus' | 'clock'>): Handlers<Auth>['session']['endOthers'] =>
  async (_input, context) => {
    const { principal } = await requireLive(deps, context);
    const ended = await deps.sessions.endOthers(principal, 'revoked', deps.clock());
    announceEnded(deps.bus, principal, ended, 'revoked');
    return { ended: ended.length };
  };
