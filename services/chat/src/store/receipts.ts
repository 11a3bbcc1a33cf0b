import type { AccountId, ChannelId, Realm } from '@parley/contracts';

export interface Receipts {
  /** Never moves back nor beyond the channel's head; resolves with the current position. */
  record(receipt: {
    readonly realm: Realm;
    readonly accountId: AccountId;
    readonly channelId: ChannelId;
    readonly sequence: number;
  }): Promise<number>;
}
