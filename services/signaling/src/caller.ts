import { Fault, type AccountId, type Principal } from '@parley/contracts';

/** The account that calls. */
export const actorOf = (principal: Principal): { readonly realm: string; readonly accountId: AccountId } => {
  if (principal.kind === 'anonymous') throw new Fault('unauthenticated', 'sign_in_needed', 'Sign in first');
  if (principal.kind === 'system') throw new Fault('forbidden', 'account_needed', 'Only an account can do that');
  return { realm: principal.realm, accountId: principal.accountId };
};
