// Types of the v1 protocol as the client returns them. Times are ISO 8601 in UTC. docs/protocol-v1.md is the reference.
import type { Result, Schemas } from './protocol.js';

/** Credentials of a session. Without `refreshToken` the client signs in again when the access token expires. */
export interface Tokens {
  readonly accessToken: string;
  readonly refreshToken?: string;
  /** ISO 8601 time by the server's clock. For the application: the client itself reads the lifetime of the JWT. */
  readonly accessTokenExpiresAt?: string;
}

/** What everyone in a realm may see of an account. */
export type Account = Schemas['Account'];

/** The account that is signed in. */
export type OwnAccount = Schemas['OwnAccount'];

/** Result of `signIn` and `signUp`. */
export type Grant = Omit<Schemas['Grant'], 'tokenType'>;

/** Who receives: `room`, every account of the realm; `group`, its members; `direct`, two accounts; `topic`, its subscribers. */
export type ChannelKind = Schemas['ChannelKind'];

/** What a list says of a channel. `membershipVersion` grows with each change of its members. */
export type ChannelSummary = Schemas['ChannelSummary'];

/** A channel. `metadata` is what its creator stored with it; after `closedAt` (null: open) it takes no messages. */
export type Channel = Schemas['Channel'];

/** The parameters of `createChannel`. */
export type NewChannel = Schemas['NewChannel'];

/** A `member` reads and writes, an `admin` manages members too, an `owner` also appoints admins and closes the channel. */
export type MemberRole = Schemas['MemberRole'];

/** A member of a channel. */
export type Member = Schemas['Member'];

/** A member with its names, null when they are not known (any more). */
export type NamedMember = Schemas['NamedMember'];

/** The content of a message: text, or what a client encrypted for its receivers (`ciphertext` null: not for this account). */
export type Content = Schemas['Content'];

/** How many accounts reacted with an emoji; `mine`: this account is one of them. */
export type ReactionCount = Schemas['Reaction'];

/** Whom a message mentions: accounts by id, and whether every member of the channel. */
export type Mentions = Schemas['Mentions'];

/** How many replies a thread has, and when the last one was sent. */
export type ThreadSummary = Schemas['Thread'];

/**
 * A message in its current form. `sequence`: position in the channel's stream, without gaps among entries, from 1. `number`: an identity
 * below 2^53, never an order. After `deletedAt` its content is an empty text. `replyTo`: the message that it answers; `threadRoot`: the
 * first message of its thread; `inChannel` false: a reply that only its thread shows.
 */
export type Message = Schemas['Message'];

/** What every change of a message has: its own sequence in the channel, who made it, and the message that it changes. */
export interface MessageChange {
  readonly channelId: string;
  readonly sequence: number;
  readonly messageId: string;
  /** The sequence with which the message was created. */
  readonly messageSequence: number;
  readonly actor: { readonly id: string; readonly name: string };
  readonly at: string;
}

/** One numbered entry of a channel's stream: a message, or a change of one. `count`: of this emoji, after the change. */
export type Entry =
  | {
      readonly kind: 'message.created';
      readonly channelId: string;
      readonly sequence: number;
      readonly message: Message;
      readonly thread: ThreadSummary | null;
    }
  | ({ readonly kind: 'message.edited'; readonly content: Content; readonly mentions: Mentions } & MessageChange)
  | ({ readonly kind: 'message.deleted'; readonly thread: ThreadSummary | null } & MessageChange)
  | ({
      readonly kind: 'reaction.added' | 'reaction.removed';
      readonly emoji: string;
      readonly count: number;
    } & MessageChange)
  | ({ readonly kind: 'message.pinned' | 'message.unpinned' } & MessageChange);

/** `head`: the last sequence of the stream; `floor`: the last one that retention removed (0: none). */
export interface PageEnd {
  readonly more: boolean;
  readonly head: number;
  readonly floor: number;
}

/**
 * A page of a channel in ascending order. `head`: the sequence up to which every change is part of these messages; `more`: there are
 * further ones in the direction of the page.
 */
export interface MessagePage extends PageEnd {
  readonly messages: readonly Message[];
  readonly moreBefore?: boolean;
  readonly moreAfter?: boolean;
}

/** Where a page of messages is: at most one of the first four. */
export type PagePosition = {
  readonly after?: number;
  readonly before?: number;
  readonly around?: number;
  /** ISO 8601. */
  readonly aroundTime?: string;
  readonly limit?: number;
};

/** A channel with its summary, where one was asked for: the last message, unread messages and mentions, the read position, the head. */
export interface SummarizedChannel extends Channel {
  readonly last?: Message | null;
  readonly unread?: number;
  readonly mentions?: number;
  readonly read?: number;
  readonly head?: number;
  /** The other account of a direct channel. */
  readonly partner?: { readonly id: string; readonly name: string | null };
}

/** A page of the inbox in ascending order of its own sequence; `head` and `floor` as in `MessagePage`. */
export type InboxPage = Schemas['InboxPage'];

/** A message as the client delivers it: once, in the order of its stream. */
export interface Delivery {
  readonly message: Message;
  /** Only for messages of the inbox (direct messages): the sequence there. */
  readonly inboxSequence?: number;
}

/** Acknowledgement of a message: it is committed under this sequence. `repeated`: it had been committed by an earlier attempt. */
export type Sent = Result<'message.send'>;

/** Where a message goes: a channel (by id), or the direct channel with an account (`directWith`). */
export type Target = string | { readonly channelId: string } | { readonly directWith: string };

/** State that may be kept between runs: tokens (a refresh token works once) and the last sequence of each stream. */
export interface Saved {
  readonly tokens?: Tokens;
  /** The key under which this refresh token was or will be exchanged, so that another client can get the response to that request. */
  readonly refreshing?: { readonly refreshToken: string; readonly key: string };
  readonly inbox?: number;
  /** Messages that channel objects have not sent yet, in order. */
  readonly outbox?: readonly SavedMessage[];
  readonly channels?: Readonly<Record<string, number>>;
}

/** A message that waits for a connection. */
export interface SavedMessage {
  readonly clientId: string;
  readonly channelId: string;
  readonly text: string;
  /** When it was written, ISO 8601 by the client's clock. */
  readonly at: string;
  readonly replyTo?: string;
  readonly threadRoot?: string;
  readonly alsoInChannel?: boolean;
}

/** Persistence for tokens and positions. `save` always receives the whole state; `load` returns null when there is none. */
export interface ClientStorage {
  /** The state that was saved last, or null. */
  load(): Promise<Saved | null> | Saved | null;
  /** Replaces the state. Called once at a time. */
  save(saved: Saved): Promise<void> | void;
}

/** The connection of a client; the `state` event has each new one. */
export type ClientState =
  | { readonly name: 'idle' }
  | { readonly name: 'connecting' }
  | { readonly name: 'open' }
  /** Not connected; the next attempt follows after `retryInMs` milliseconds. */
  | { readonly name: 'waiting'; readonly retryInMs: number; readonly cause: string }
  /** Final: closed by `close()`, or because of an error that retrying cannot cure. */
  | { readonly name: 'closed'; readonly error: Error | null };
