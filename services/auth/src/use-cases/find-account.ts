import type { Auth, Handlers } from '@parley/contracts';
import type { AuthDeps } from '../deps.js';

/** Finds an account by a unique attribute, or by a handle, which several devices may share. */
export const findAccount =
  ({ accounts, clock }: Pick<AuthDeps, 'accounts' | 'clock'>): Handlers<Auth>['account']['find'] =>
  ({ reference }, { principal: { realm } }) =>
    'handle' in reference
      ? accounts.findByHandle(realm, reference.handle, new Date(clock()))
      : accounts.find(realm, reference);
