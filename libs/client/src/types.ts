// What the v1 protocol says, as the client hands it on. docs/protocol-v1.md is the reference.

export interface Tokens {
  readonly accessToken: string;
  readonly refreshToken?: string;
  /** ISO time; without it the token is used until the server refuses it. */
  readonly accessTokenExpiresAt?: string;
}

export interface Account {
  readonly id: string;
  readonly number: number;
  readonly name: string;
  readonly username: string | null;
}

export interface OwnAccount extends Account {
  readonly realm: string;
  readonly kind: 'person' | 'device';
  readonly email: string | null;
  readonly handle: string;
  readonly createdAt: string;
}

export interface Grant extends Required<Tokens> {
  readonly account: OwnAccount;
  readonly sessionId: string;
  readonly refreshTokenExpiresAt: string;
}

export type ChannelKind = 'room' | 'group' | 'direct' | 'topic';

export interface ChannelSummary {
  readonly id: string;
  readonly number: number;
  readonly kind: ChannelKind;
  readonly slug: string | null;
  readonly title: string;
  readonly membershipVersion: number;
}

export interface Channel extends ChannelSummary {
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly createdBy: string | null;
  readonly createdAt: string;
  readonly closedAt: string | null;
}

export type MemberRole = 'owner' | 'admin' | 'member';

export interface Member {
  readonly accountId: string;
  readonly role: MemberRole;
  readonly joinedAt: string;
}

export interface NamedMember extends Member {
  readonly name: string | null;
  readonly handle: string | null;
}

export type Content =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'encrypted'; readonly mediaType: string; readonly ciphertext: string | null };

export interface Message {
  readonly id: string;
  readonly number: number;
  readonly channelId: string;
  readonly sequence: number;
  readonly sender: { readonly id: string; readonly name: string; readonly handle: string };
  readonly clientId: string | null;
  readonly content: Content;
  readonly sentAt: string;
}

export interface MessagePage {
  readonly messages: readonly Message[];
  readonly more: boolean;
  readonly head: number;
  readonly floor: number;
}

export interface InboxPage {
  readonly entries: readonly {
    readonly sequence: number;
    readonly channel: ChannelSummary;
    readonly message: Message;
  }[];
  readonly more: boolean;
  readonly head: number;
  readonly floor: number;
}

/** A message as it is handed over, once, in the order of its stream. */
export interface Delivery {
  readonly message: Message;
  /** Set when it came along the inbox (a direct message): its number there. */
  readonly inboxSequence?: number;
}

/** The acknowledgement of a message: it is committed under this sequence. */
export interface Sent {
  readonly id: string;
  readonly number: number;
  readonly channelId: string;
  readonly sequence: number;
  readonly inboxSequence?: number;
  readonly sentAt: string;
  readonly repeated: boolean;
}

/** Where a message goes: a channel's id, or the account to write to directly. */
export type Target = string | { readonly channelId: string } | { readonly directWith: string };

/** What may be kept between runs: tokens (a refresh token works once) and the last number of each stream. */
export interface Saved {
  readonly tokens?: Tokens;
  readonly inbox?: number;
  readonly channels?: Readonly<Record<string, number>>;
}

export interface ClientStorage {
  load(): Promise<Saved | null> | Saved | null;
  save(saved: Saved): Promise<void> | void;
}

export type ClientState =
  | { readonly name: 'idle' }
  | { readonly name: 'connecting' }
  | { readonly name: 'open' }
  /** Not connected; the next attempt is made after `retryInMs`. */
  | { readonly name: 'waiting'; readonly retryInMs: number; readonly cause: string }
  /** Over: closed by `close()`, or for a reason that trying again does not cure. */
  | { readonly name: 'closed'; readonly error: Error | null };
