import type { AccountId, AccountSummary, ChannelId, Content, Message, MessageId, Realm } from '@parley/contracts';
import type { ThreadRoot } from '../domain/message.js';

/** Where a page is; at most one of `around` and `aroundTime`, and neither with the others. */
export interface PagePosition {
  readonly after?: number | undefined;
  readonly before?: number | undefined;
  readonly around?: number | undefined;
  readonly aroundTime?: string | undefined;
  readonly limit: number;
}

export interface Range extends PagePosition {
  readonly channelId: ChannelId;
  readonly realm: Realm;
  /** The account whose reactions are marked; null: none. */
  readonly reader: AccountId | null;
  /** Of this thread only. */
  readonly rootSequence?: number;
  /** The page ends before the message that would exceed this, but has at least one. */
  readonly bytesMax: number;
}

/** `head`: every entry up to there is part of the messages. `more`: in the direction of the page. */
export interface Page {
  readonly messages: Message[];
  readonly more: boolean;
  readonly moreBefore: boolean;
  readonly moreAfter: boolean;
  readonly head: number;
  readonly floor: number;
}

/** What never changes about a stored message. */
export interface Located extends ThreadRoot {
  readonly channelId: ChannelId;
  readonly senderId: AccountId;
  readonly threadRoot: ThreadRoot | null;
}

export type MessageReference = { readonly messageId: MessageId } | { readonly number: number };

export interface Version {
  readonly content: Content;
  readonly actor: AccountSummary;
  readonly at: string;
}

export interface Reaction {
  readonly emoji: string;
  readonly accountId: AccountId;
}

export interface Messages {
  locate(realm: Realm, reference: MessageReference): Promise<Located | null>;
  /** Null: it was removed. */
  get(message: Located, reader: AccountId | null): Promise<Message | null>;
  /** Null: the channel's stream is in another realm. */
  list(range: Range): Promise<Page | null>;
  /** Earlier forms, oldest first, then the current one; none of a deleted message. */
  versions(message: Located): Promise<Version[]>;
  /** Who reacted, in the order of the reactions, at most 500; `emoji` null: with any. */
  reactions(message: Located, emoji: string | null): Promise<Reaction[]>;
  /** The last pinned first. */
  pins(channelId: ChannelId, reader: AccountId | null): Promise<Message[]>;
  /**
   * Messages that mention the account, by falling number, below `before`. Messages that mention everybody count where the account has a
   * position.
   */
  mentions(question: {
    readonly realm: Realm;
    readonly accountId: AccountId;
    readonly channelId?: ChannelId | undefined;
    readonly before?: number | undefined;
    readonly limit: number;
  }): Promise<Message[]>;
  /** How far the account has read a thread, and how many replies come after. */
  threadPosition(root: Located, accountId: AccountId): Promise<{ read: number; unread: number }>;
  /** Moves that position forward, not beyond the last reply. */
  recordThread(root: Located, accountId: AccountId, sequence: number): Promise<void>;
}
