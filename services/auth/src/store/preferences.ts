import type { AccountId, AccountPrincipal, Preferences, Realm } from '@parley/contracts';

export interface ChangedPreferences {
  readonly realm: Realm;
  readonly accountId: AccountId;
  readonly preferences: Preferences;
  /** Grows by one with each change of the account. */
  readonly version: number;
  readonly changedAt: Date;
}

/** What is left out stays as it is. */
export type GivenPreferences = { readonly [Name in keyof Preferences]?: Preferences[Name] | undefined };

export interface PreferencesStore {
  /** Sets what is given; null when the account is gone. */
  set(principal: AccountPrincipal, given: GivenPreferences, now: Date): Promise<ChangedPreferences | null>;
  /** Preferences that changed at or after `since`, ordered by when they did. */
  changedSince(since: Date, limit: number): Promise<ChangedPreferences[]>;
}
