// Types of the v1 protocol as the client returns them. Times are ISO 8601 in UTC. docs/protocol-v1.md is the reference.
import type { Result, Schemas } from './protocol.js';

/** Credentials of a session. Without `refreshToken` the client signs in again when the access token expires. */
export interface Tokens {
  readonly accessToken: string;
  readonly refreshToken?: string;
  /** ISO 8601 time by the server's clock. For the application: the client itself reads the lifetime of the JWT. */
  readonly accessTokenExpiresAt?: string;
}

/** An account as others see it. */
export type Account = Schemas['Account'];

/** An account as it sees itself. */
export type OwnAccount = Schemas['OwnAccount'];

/** Result of `signIn` and `signUp`. */
export type Grant = Omit<Schemas['Grant'], 'tokenType'>;

export type ChannelKind = Schemas['ChannelKind'];
export type ChannelSummary = Schemas['ChannelSummary'];
export type Channel = Schemas['Channel'];
/** The parameters of `createChannel`. */
export type NewChannel = Schemas['NewChannel'];
export type MemberRole = Schemas['MemberRole'];
export type Member = Schemas['Member'];
export type NamedMember = Schemas['NamedMember'];
export type Content = Schemas['Content'];

/** `sequence`: position in the channel, without gaps, from 1. `number`: an identity below 2^53, never an order. */
export type Message = Schemas['Message'];

/**
 * A page of a channel in ascending order. `head`: last sequence of the channel; `floor`: last sequence that retention removed (0: none).
 */
export type MessagePage = Schemas['MessagePage'];

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
  readonly inbox?: number;
  readonly channels?: Readonly<Record<string, number>>;
}

/** Persistence for tokens and positions. `save` always receives the whole state; `load` returns null when there is none. */
export interface ClientStorage {
  load(): Promise<Saved | null> | Saved | null;
  save(saved: Saved): Promise<void> | void;
}

export type ClientState =
  | { readonly name: 'idle' }
  | { readonly name: 'connecting' }
  | { readonly name: 'open' }
  /** Not connected; the next attempt follows after `retryInMs` milliseconds. */
  | { readonly name: 'waiting'; readonly retryInMs: number; readonly cause: string }
  /** Final: closed by `close()`, or because of an error that retrying cannot cure. */
  | { readonly name: 'closed'; readonly error: Error | null };
