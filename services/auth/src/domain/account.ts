import { Fault, hasInvisibleCharacters } from '@parley/contracts';

/** What the caller provides for a new account; everything else is decided here. */
export interface Registration {
  readonly kind: 'person' | 'device';
  readonly username?: string | undefined;
  readonly email?: string | undefined;
  readonly password?: string | undefined;
  readonly handle?: string | undefined;
  readonly name?: string | undefined;
}

/** How an earlier release compared user names. Its rows, and its replicas during an update, have no other form. */
export const foldUsernameBefore = (username: string): string =>
  username.normalize('NFKC').toLowerCase().normalize('NFKC');

/**
 * The display name, followed by alternatives for when it is the user name of another account. A name that the caller chose has no
 * alternatives. An e-mail address is never shown as a whole.
 */
export const displayNames = ({ name, username, email }: Registration, handle: string): readonly string[] => {
  const given = name ?? username;
  if (given !== undefined) return [given];
  const mailbox = email?.split('@', 1)[0]?.slice(0, 100);
  if (mailbox === undefined || hasInvisibleCharacters(mailbox)) return [handle];
  return [mailbox, `${mailbox} (${handle.slice(0, 8)})`, handle];
};

/** Refuses a password without a user name or an e-mail address: no sign-in could use it. */
export const checkRegistration = ({ username, email, password }: Registration): void => {
  if (password !== undefined && username === undefined && email === undefined) {
    throw new Fault('invalid', 'login_missing', 'A password needs a user name or an e-mail address');
  }
};

/** A deleted account remains as a row with this name, so that its id and number are never reused. */
export const deletedAccountName = 'Deleted account';
