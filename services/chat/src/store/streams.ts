import type { AccountId, ChannelId, Message, Realm } from '@parley/contracts';

export interface HeadOf<Id> {
  readonly id: Id;
  readonly head: number;
  readonly floor: number;
}

export interface Summary {
  readonly channelId: ChannelId;
  readonly last: Message | null;
  readonly unread: number;
  readonly head: number;
  /** Unread messages that mention the account; at most 100 are counted. */
  readonly mentions: number;
  readonly read: number;
}

export interface Streams {
  /** One for each id, in order; empty channels and those of other realms have head 0. */
  channelHeads(realm: Realm, ids: readonly ChannelId[]): Promise<HeadOf<ChannelId>[]>;
  inboxHeads(realm: Realm, ids: readonly AccountId[]): Promise<HeadOf<AccountId>[]>;
  /** One for each id, in order. Last messages that would exceed `bytesMax` bytes are omitted. */
  summaries(question: {
    readonly realm: Realm;
    readonly accountId: AccountId;
    readonly channelIds: readonly ChannelId[];
    readonly bytesMax: number;
  }): Promise<Summary[]>;
}
