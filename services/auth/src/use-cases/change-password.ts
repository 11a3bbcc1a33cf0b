import type { Auth, Handlers } from '@parley/contracts';
import { announceEnded } from '../announce.js';
import { requireLive } from '../callers.js';
import type { AuthDeps } from '../deps.js';
import { provePassword, wrongPassword } from './prove-password.js';

export const changePassword =
  (
    deps: Pick<AuthDeps, 'accounts' | 'sessions' | 'hasher' | 'bus' | 'clock'>,
  ): Handlers<Auth>['account']['changePassword'] =>
  async ({ current, next }, context) => {
    const { principal } = await requireLive(deps, context);
    const proved = await provePassword(deps, principal.accountId, current, context);
    const fresh = await deps.hasher.hash(next, { key: principal.accountId, deadline: context.deadline });
    const ended = await deps.sessions.changePassword({ principal, current: proved, next: fresh, now: deps.clock() });
    if (!ended) throw wrongPassword();
    announceEnded(deps.bus, principal, ended, 'password_changed');
    return {};
  };
