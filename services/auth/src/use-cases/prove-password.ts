import { type AccountId, type Context, Fault } from '@parley/contracts';
import type { AuthDeps } from '../deps.js';
import type { StoredPassword } from '../passwords/hasher.js';

/** Checks a password and returns what it was compared with. An account without a password has no correct one. */
export const provePassword = async (
  { accounts, hasher }: Pick<AuthDeps, 'accounts' | 'hasher'>,
  accountId: AccountId,
  password: string,
  { deadline }: Pick<Context, 'deadline'>,
): Promise<StoredPassword> => {
  const stored = await accounts.passwordOf(accountId);
  const { correct } = await hasher.verify(stored, password, { key: accountId, deadline });
  if (!stored || !correct) throw wrongPassword();
  return stored;
};

export const wrongPassword = (): Fault => new Fault('forbidden', 'wrong_password', 'That is not the password');
