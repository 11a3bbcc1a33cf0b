import type { Account, AccountId, Grant, SessionId } from '@parley/contracts';

/** What a person gives to register. */
interface NewPerson {
  readonly username?: string | undefined;
  readonly email?: string | undefined;
  readonly password: string;
  readonly name?: string | undefined;
  readonly firstName?: string | undefined;
  readonly lastName?: string | undefined;
  readonly publicKey?: string | undefined;
}

/** What a client without an account can do. */
export type AnonymousCommand =
  | { readonly type: 'account.register'; readonly person: NewPerson }
  /** Registers, and signs the new account in. */
  | { readonly type: 'account.begin'; readonly person: NewPerson }
  /** `earlier`: the account whose token the device presented; without one, the device gets a new account. */
  | {
      readonly type: 'device.register';
      readonly handle: string;
      readonly name: string;
      /** Other devices may have the same handle. */
      readonly sharesHandle: boolean;
      readonly earlier: AccountId | null;
    }
  | {
      readonly type: 'session.signIn';
      readonly login: string;
      readonly by: 'username' | 'email' | 'either';
      readonly password: string;
    }
  | { readonly type: 'session.refresh'; readonly refreshToken: string };

/** What an account can do with itself and its sessions. */
export type AccountCommand =
  | { readonly type: 'account.setName'; readonly name: string }
  | { readonly type: 'account.changePassword'; readonly current: string; readonly next: string }
  | { readonly type: 'account.delete'; readonly password: string }
  /** null: the session of the caller. */
  | { readonly type: 'session.end'; readonly sessionId: SessionId | null }
  | { readonly type: 'session.endOthers' }
  /** Makes a single-use key that opens one socket. */
  | { readonly type: 'ticket.issue' };

export type AccountResult =
  | { readonly type: 'account.register' | 'account.setName'; readonly account: Account }
  | { readonly type: 'account.begin' | 'device.register' | 'session.signIn' | 'session.refresh'; readonly grant: Grant }
  | { readonly type: 'account.changePassword' | 'account.delete' | 'session.end' }
  | { readonly type: 'session.endOthers'; readonly ended: number }
  | { readonly type: 'ticket.issue'; readonly ticket: string; readonly expiresAt: string };
