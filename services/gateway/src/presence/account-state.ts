import type { AccountId, AccountSummary, PresenceState, Realm } from '@parley/contracts';

/** An account that is connected to any gateway. */
export type Present = Pick<AccountSummary, 'id' | 'number' | 'handle' | 'name'>;

/** The presence of an account as others see it. `version`: the highest is the newest. `lastSeenAt`: epoch milliseconds. */
export interface AccountState {
  readonly state: PresenceState;
  readonly version: number;
  readonly lastSeenAt: number | null;
}

/** A state that differs from the one before. */
export interface Transition extends AccountState {
  readonly realm: Realm;
  readonly accountId: AccountId;
}

/** How others see the connections of an account to one gateway. */
export type Standing = 'online' | 'away' | 'invisible';
