import type { AccountId, ChannelId, InboxEntry, Realm } from '@parley/contracts';

export interface InboxPage {
  readonly entries: InboxEntry[];
  readonly more: boolean;
  readonly head: number;
  readonly floor: number;
}

export interface ChatsPage {
  readonly chats: { readonly channelId: ChannelId; readonly sequence: number }[];
  readonly next: number | null;
}

export interface Inbox {
  /** Null: the inbox is in another realm. */
  list(range: {
    readonly realm: Realm;
    readonly accountId: AccountId;
    readonly after: number;
    readonly limit: number;
    readonly bytesMax: number;
  }): Promise<InboxPage | null>;
  /** Channels, ordered by their newest inbox sequence below `before`. */
  chats(range: {
    readonly realm: Realm;
    readonly accountId: AccountId;
    readonly before?: number | undefined;
    readonly limit: number;
  }): Promise<ChatsPage>;
}
