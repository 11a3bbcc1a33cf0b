import type { Auth, Handlers } from '@parley/contracts';
import { announceDeleted, announceEnded } from '../announce.js';
import { requireLive } from '../callers.js';
import type { AuthDeps } from '../deps.js';
import { provePassword } from './prove-password.js';

/** Leaves a tombstone, because other rows refer to the account's id. Its user name stays reserved for a while, to prevent impersonation. */
export const deleteAccount =
  (
    deps: Pick<AuthDeps, 'accounts' | 'sessions' | 'hasher' | 'bus' | 'clock' | 'config'>,
  ): Handlers<Auth>['account']['delete'] =>
  async ({ password }, context) => {
    const { principal } = await requireLive(deps, context);
    await provePassword(deps, principal.accountId, password, context);
    const now = deps.clock();
    const ended = await deps.sessions.bury(principal.accountId, now, now + deps.config.deletedNameMs);
    // Null: another request deleted the account first and has published it.
    if (!ended) return {};
    announceEnded(deps.bus, principal, ended, 'account_deleted');
    announceDeleted(deps.bus, principal);
    return {};
  };
