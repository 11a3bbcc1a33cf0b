import type { Auth, Handlers } from '@parley/contracts';
import { requireLive } from '../callers.js';
import type { AuthDeps } from '../deps.js';

export const listSessions =
  (deps: Pick<AuthDeps, 'sessions' | 'clock'>): Handlers<Auth>['session']['list'] =>
  async (_input, context) => {
    const { principal } = await requireLive(deps, context);
    return deps.sessions.list(principal.accountId, deps.clock());
  };
