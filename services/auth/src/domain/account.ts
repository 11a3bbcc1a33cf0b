import { Fault, hasInvisibleCharacters } from '@parley/contracts';

/** What a new account may be given; everything else about it is decided here. */
export interface Registration {
  readonly kind: 'person' | 'device';
  readonly username?: string | undefined;
  readonly email?: string | undefined;
  readonly password?: string | undefined;
  readonly handle?: string | undefined;
  readonly name?: string | undefined;
}

/** How an earlier release compared user names. Rows that it wrote, and replicas of it during an update, know no other form. */
export const foldUsernameBefore = (username: string): string =>
  username.normalize('NFKC').toLowerCase().normalize('NFKC');

/**
 * The name that others see, and what to take instead where that is the user name of another account: nothing when somebody asked for
 * it by this name. An e-mail address as a whole is never shown.
 */
export const displayNames = ({ name, username, email }: Registration, handle: string): readonly string[] => {
  const given = name ?? username;
  if (given !== undefined) return [given];
  const mailbox = email?.split('@', 1)[0]?.slice(0, 100);
  if (mailbox === undefined || hasInvisibleCharacters(mailbox)) return [handle];
  return [mailbox, `${mailbox} (${handle.slice(0, 8)})`, handle];
};

/** A password without a name to sign in by could never be used. */
export const checkRegistration = ({ username, email, password }: Registration): void => {
  if (password !== undefined && username === undefined && email === undefined) {
    throw new Fault('invalid', 'login_missing', 'A password needs a user name or an e-mail address');
  }
};

/** What remains of a deleted account is a row with this name, so that its id and number are never given to another. */
export const deletedAccountName = 'Deleted account';
