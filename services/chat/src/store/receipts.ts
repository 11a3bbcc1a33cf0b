import type { AccountId, ChannelId, ChannelSnapshot, Realm, ReceiptPosition } from '@parley/contracts';

export interface NewPosition {
  readonly accountId: AccountId;
  readonly channelId: ChannelId;
  readonly read?: number | undefined;
  readonly delivered?: number | undefined;
  /** Whether others may see the positions; left out: as before. */
  readonly shared?: boolean | undefined;
}

/** A stored position, with what decides who may see it. */
export interface StoredPosition extends ReceiptPosition {
  readonly channel: ChannelSnapshot;
  readonly shared: boolean;
  /** Of a direct channel that has entries. */
  readonly participants: readonly AccountId[];
}

export interface Receipts {
  /**
   * Moves positions forward, never beyond the heads, and resolves with them as they are now. Those of channels without entries are left
   * out. Each account and channel at most once.
   */
  record(realm: Realm, positions: readonly NewPosition[]): Promise<StoredPosition[]>;
  /** Of up to 100 accounts that share them; `total` and `counts` stop at 10,000 accounts. */
  list(question: { readonly realm: Realm; readonly channelId: ChannelId; readonly at?: number | undefined }): Promise<{
    readonly positions: ReceiptPosition[];
    readonly total: number;
    readonly counts: { readonly read: number; readonly delivered: number } | null;
  }>;
}
