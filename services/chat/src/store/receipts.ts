import type { AccountId, ChannelId, Realm } from '@parley/contracts';

export interface Receipts {
  /** Moves forward only and never beyond the channel's head; answers where it stands. */
  record(receipt: {
    readonly realm: Realm;
    readonly accountId: AccountId;
    readonly channelId: ChannelId;
    readonly sequence: number;
  }): Promise<number>;
}
