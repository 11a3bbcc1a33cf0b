import type { Account, AccountId, AccountProfile, AccountReference, Realm } from '@parley/contracts';
import type { StoredPassword } from '../passwords/hasher.js';

export interface NewAccount {
  readonly id: AccountId;
  readonly realm: Realm;
  readonly kind: 'person' | 'device';
  readonly username: string | null;
  readonly email: string | null;
  readonly handle: string;
  /** A device may register under a handle that other devices have: it becomes one more account behind it. */
  readonly sharesHandle: boolean;
  /** Display names in order of preference: the first that is no other account's user name. If a single one is taken, registration fails. */
  readonly names: readonly string[];
  readonly firstName: string | null;
  readonly lastName: string | null;
  readonly publicKey: string | null;
  readonly password: StoredPassword | null;
  readonly createdAt: Date;
}

/** An account that a login may refer to, and what its password is compared with. */
export interface Candidate {
  readonly account: Account;
  readonly password: StoredPassword;
}

export interface Accounts {
  /**
   * Takes the next number of the realm. `conflict` `username_taken`, `email_taken` or `handle_taken`; `exhausted` `too_many_devices`
   * when `devicesMax` accounts behind a shared handle have a live session.
   */
  register(account: NewAccount, devicesMax: number): Promise<Account>;
  /** Null when there is no such account. `conflict` `username_taken` when a device asks for a user's name. */
  rename(realm: Realm, id: AccountId, name: string, now: Date): Promise<Account | null>;
  find(realm: Realm, reference: Exclude<AccountReference, { handle: string }>): Promise<Account | null>;
  /** Of several accounts behind a handle, the oldest with a live session, or else the newest. */
  findByHandle(realm: Realm, handle: string, now: Date): Promise<Account | null>;
  named(realm: Realm, usernames: readonly string[]): Promise<{ readonly id: AccountId; readonly username: string }[]>;
  lookup(realm: Realm, ids: readonly AccountId[]): Promise<AccountProfile[]>;
  /** Those of the ids that are tombstones. */
  deleted(realm: Realm, ids: readonly AccountId[]): Promise<AccountId[]>;
  contacts(realm: Realm, ids: readonly AccountId[]): Promise<Pick<Account, 'id' | 'number' | 'email'>[]>;
  /** Ordered by number; a page ends before the account that would exceed `bytesMax` as JSON, but has at least one. */
  search(
    realm: Realm,
    page: {
      readonly contains: string;
      /** `names`: user names and display names. */
      readonly by: 'username' | 'names';
      readonly after: number;
      readonly limit: number;
      readonly bytesMax: number;
    },
  ): Promise<Account[]>;
  /** Accounts that a login may refer to: with `either` at most two, as one's user name may be another's e-mail address. */
  candidates(realm: Realm, login: string, by: 'username' | 'email' | 'either'): Promise<Candidate[]>;
  passwordOf(accountId: AccountId): Promise<StoredPassword | null>;
}
