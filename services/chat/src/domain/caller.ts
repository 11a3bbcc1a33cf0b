import { type AccountPrincipal, Fault, type Principal } from '@parley/contracts';

/** The account that calls. Parley itself may read, but neither sends messages nor has receipts. */
export const accountOf = (principal: Principal): AccountPrincipal => {
  if (principal.kind === 'account') return principal;
  throw principal.kind === 'anonymous'
    ? signInNeeded()
    : new Fault('forbidden', 'account_needed', 'Only an account can do that');
};

/** Accepts an account or Parley itself, but not an anonymous caller. */
export const refuseAnonymous = (principal: Principal): void => {
  if (principal.kind === 'anonymous') throw signInNeeded();
};

export const refuseAllButSystem = (principal: Principal): void => {
  refuseAnonymous(principal);
  if (principal.kind !== 'system') throw new Fault('forbidden', 'system_only', 'Only Parley itself can do that');
};

const signInNeeded = (): Fault => new Fault('unauthenticated', 'sign_in_needed', 'Sign in first');
