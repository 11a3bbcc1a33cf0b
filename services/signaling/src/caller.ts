import { Fault, type AccountPrincipal, type Principal } from '@parley/contracts';

/** The account that calls. */
export const actorOf = (principal: Principal): AccountPrincipal => {
  if (principal.kind === 'anonymous') throw new Fault('unauthenticated', 'sign_in_needed', 'Sign in first');
  if (principal.kind === 'system') throw new Fault('forbidden', 'account_needed', 'Only an account can do that');
  return principal;
};

export const assertSystem = (principal: Principal): void => {
  if (principal.kind !== 'system') throw new Fault('forbidden', 'system_only', 'Only Parley itself may ask for this');
};

export const notMember = (): Fault => new Fault('forbidden', 'not_member', 'You are not a member of this organization');
