import type { AccountId, ChannelId, Preferences, PresenceState } from '@parley/contracts';

/** Whose presence: that of a channel's members, or of these accounts. */
export type PresenceTarget = { readonly channelId: ChannelId } | { readonly accountIds: readonly AccountId[] };

/** What a client can do with presence, receipts and the preferences that concern them. */
export type PresenceCommand =
  | { readonly type: 'presence.subscribe'; readonly target: PresenceTarget }
  | { readonly type: 'presence.unsubscribe'; readonly target: PresenceTarget }
  /** `online`, `away`: of this connection. `invisible`: a preference of the account, which the other two do not change. */
  | { readonly type: 'presence.set'; readonly state: 'online' | 'away' | 'invisible' }
  | {
      readonly type: 'preferences.set';
      readonly sharesReceipts?: boolean | undefined;
      readonly invisible?: boolean | undefined;
    }
  /** Moves the own positions in a channel forward. */
  | {
      readonly type: 'receipt.record';
      readonly channelId: ChannelId;
      readonly read?: number | undefined;
      readonly delivered?: number | undefined;
    };

/** `lastSeenAt`: when the account was last connected; null while it is, and where unknown. */
export interface AccountPresence {
  readonly accountId: AccountId;
  readonly state: PresenceState;
  readonly lastSeenAt: string | null;
}

export interface PresenceCounts {
  readonly members: number;
  readonly online: number;
  readonly away: number;
}

/** `accounts` is empty where the channel is too large for a list. `counts` is null where the target is a list of accounts. */
export interface PresenceSnapshot {
  readonly accounts: readonly AccountPresence[];
  readonly counts: PresenceCounts | null;
}

export type PresenceResult =
  /** `snapshot`: called when the answer is encoded, so that no change overtakes it. */
  | { readonly type: 'presence.subscribe'; snapshot(): PresenceSnapshot }
  | { readonly type: 'presence.unsubscribe' }
  | { readonly type: 'presence.set'; readonly state: 'online' | 'away' | 'invisible' }
  | { readonly type: 'preferences.set'; readonly preferences: Preferences }
  | { readonly type: 'receipt.record'; readonly read: number; readonly delivered: number };

/** What the subscribers of presence receive. */
export type PresenceNotice =
  | ({ readonly type: 'presence.changed' } & AccountPresence)
  | ({ readonly type: 'presence.counted'; readonly channelId: ChannelId } & PresenceCounts);
