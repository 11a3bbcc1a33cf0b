import type { Auth, Handlers } from '@parley/contracts';
import type { AuthDeps } from '../deps.js';

/** By what is unique, or by a handle, which several devices may have. */
export const findAccount =
  ({ accounts, clock }: Pick<AuthDeps, 'accounts' | 'clock'>): Handlers<Auth>['account']['find'] =>
  ({ reference }, { principal: { realm } }) =>
    'handle' in reference
      ? accounts.findByHandle(realm, reference.handle, new Date(clock()))
      : accounts.find(realm, reference);
