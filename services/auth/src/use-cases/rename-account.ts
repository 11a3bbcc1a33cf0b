import { type Auth, type Handlers, notFound } from '@parley/contracts';
import { requireSystem } from '../callers.js';
import type { AuthDeps } from '../deps.js';

/** Renames a device, which has no password to check: the caller has authenticated it by other means. */
export const renameAccount =
  ({ accounts, clock }: Pick<AuthDeps, 'accounts' | 'clock'>): Handlers<Auth>['account']['rename'] =>
  async ({ accountId, name }, context) => {
    requireSystem(context);
    const renamed = await accounts.rename(context.principal.realm, accountId, name, new Date(clock()));
    if (!renamed) throw notFound('account');
    return renamed;
  };
