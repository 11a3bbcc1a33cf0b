import { type Auth, type Handlers, notFound } from '@parley/contracts';
import { requireLive } from '../callers.js';
import type { AuthDeps } from '../deps.js';

/** Changes the display name of the caller's own account. */
export const setName =
  (deps: Pick<AuthDeps, 'accounts' | 'sessions' | 'clock'>): Handlers<Auth>['account']['setName'] =>
  async ({ name }, context) => {
    const { account } = await requireLive(deps, context);
    const renamed = await deps.accounts.rename(account.realm, account.id, name, new Date(deps.clock()));
    if (!renamed) throw notFound('account');
    return renamed;
  };
