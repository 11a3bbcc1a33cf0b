import type { Auth, Handlers } from '@parley/contracts';
import { announceDeleted, announceEnded } from '../announce.js';
import { requireLive } from '../callers.js';
import type { AuthDeps } from '../deps.js';
import { provePassword } from './prove-password.js';

/** Leaves a tombstone: others' rows name the account's id. Its names are free at once. */
export const deleteAccount =
  (deps: Pick<AuthDeps, 'accounts' | 'sessions' | 'hasher' | 'bus' | 'clock'>): Handlers<Auth>['account']['delete'] =>
  async ({ password }, context) => {
    const { principal } = await requireLive(deps, context);
    await provePassword(deps, principal.accountId, password);
    const ended = await deps.sessions.bury(principal.accountId, deps.clock());
    // Null: a second request came first and has told everybody.
    if (!ended) return {};
    announceEnded(deps.bus, principal, ended, 'account_deleted');
    announceDeleted(deps.bus, principal);
    return {};
  };
