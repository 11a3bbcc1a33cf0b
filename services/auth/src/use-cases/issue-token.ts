import { type Auth, type Handlers, notFound } from '@parley/contracts';
import { requireSystem } from '../callers.js';
import type { AuthDeps } from '../deps.js';
import { type GrantDeps, openGrant } from '../grants.js';

/** Issues a grant for an account that the gateway has authenticated by other means. */
export const issueToken =
  (deps: GrantDeps & Pick<AuthDeps, 'accounts'>): Handlers<Auth>['token']['issue'] =>
  async ({ accountId, dialect }, context) => {
    requireSystem(context);
    const account = await deps.accounts.find(context.principal.realm, { id: accountId });
    const given = account && (await openGrant(deps, account, dialect, { provedBy: null, rehashed: null }));
    if (!given) throw notFound('account');
    return given;
  };
