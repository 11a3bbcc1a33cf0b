import { Fault } from '@parley/contracts';

/** What a new account may be given; everything else about it is decided here. */
export interface Registration {
  readonly kind: 'person' | 'device';
  readonly username?: string | undefined;
  readonly email?: string | undefined;
  readonly password?: string | undefined;
  readonly handle?: string | undefined;
  readonly name?: string | undefined;
}

/** The form in which user names are compared; `Ada`, `ADA` and the full-width `Ａda` are one name. */
export const foldUsername = (username: string): string => username.normalize('NFKC').toLowerCase().normalize('NFKC');

export const foldEmail = (email: string): string => email.toLowerCase();

/** The name that others see when none was given. An e-mail address as a whole is never shown. */
export const displayName = ({ name, username, email }: Registration, handle: string): string =>
  name ?? username ?? email?.split('@', 1)[0]?.slice(0, 100) ?? handle;

/** A password without a name to sign in by could never be used. */
export const checkRegistration = ({ username, email, password }: Registration): void => {
  if (password !== undefined && username === undefined && email === undefined) {
    throw new Fault('invalid', 'login_missing', 'A password needs a user name or an e-mail address');
  }
};

/** What remains of a deleted account is a row with this name, so that its id and number are never given to another. */
export const deletedAccountName = 'Deleted account';
