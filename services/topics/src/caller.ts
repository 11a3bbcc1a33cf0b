import { Fault, type AccountId, type Principal } from '@parley/contracts';
import type { Viewer } from './store/channels.js';

/** The caller of a read: an account, or Parley itself. */
export const viewerOf = (principal: Principal): Viewer => {
  if (principal.kind === 'anonymous') throw new Fault('unauthenticated', 'sign_in_needed', 'Sign in first');
  return { realm: principal.realm, accountId: principal.kind === 'account' ? principal.accountId : null };
};

/** The account that acts. Refuses Parley itself, which is a member of nothing. */
export const actorOf = (principal: Principal): { readonly realm: string; readonly accountId: AccountId } => {
  const { realm, accountId } = viewerOf(principal);
  if (accountId === null) throw new Fault('forbidden', 'account_needed', 'Only an account can do that');
  return { realm, accountId };
};

export const assertSystem = (principal: Principal): void => {
  if (principal.kind !== 'system') throw new Fault('forbidden', 'system_only', 'Only services may ask that');
};
