import type { Auth, Handlers } from '@parley/contracts';
import { announceDeleted, announceEnded } from '../announce.js';
import { requireLive } from '../callers.js';
import type { AuthDeps } from '../deps.js';
import { provePassword } from './prove-password.js';

/** Leaves a tombstone: others' rows name the account's id. Its user name is free for others after a while, so that nobody passes for who left. */
export const deleteAccount =
  (
    deps: Pick<AuthDeps, 'accounts' | 'sessions' | 'hasher' | 'bus' | 'clock' | 'config'>,
  ): Handlers<Auth>['account']['delete'] =>
  async ({ password }, context) => {
    const { principal } = await requireLive(deps, context);
    await provePassword(deps, principal.accountId, password, context);
    const now = deps.clock();
    const ended = await deps.sessions.bury(principal.accountId, now, now + deps.config.deletedNameMs);
    // Null: a second request came first and has told everybody.
    if (!ended) return {};
    announceEnded(deps.bus, principal, ended, 'account_deleted');
    announceDeleted(deps.bus, principal);
    return {};
  };
