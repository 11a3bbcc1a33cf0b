import type { IncomingHttpHeaders } from 'node:http';
import type {
  AccountId,
  AccountPrincipal,
  AccountReference,
  AccountSummary,
  AnonymousPrincipal,
  ChannelId,
  ChannelSnapshot,
  ConnectionId,
  Content,
  DialectName,
  BusEvent,
  Fault,
  Message,
  Peer,
  Reach,
  Realm,
  SystemPrincipal,
  Target,
} from '@parley/contracts';
import type { Request } from 'express';
import type { Core } from '../core.js';
import type { Route } from './routes.js';

/** A wire, as one folder. Decoding and encoding are pure; what needs the core goes through `core` and `Intent`. */
export interface Dialect {
  readonly name: DialectName;
  /** Its REST operations as data: the router and the OpenAPI document are both made from them. */
  routes(deps: RestDeps): readonly Route[];
  /** A fault in this wire's words. */
  renderFault(fault: Fault, request: Request): RenderedFault;
  readonly socket: SocketAdapter | null;
}

export interface RenderedFault {
  readonly status: number;
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** Who is connected, on any gateway. */
export interface WhoIsHere {
  /** Those of the accounts that are connected. */
  online(realm: Realm, ids: readonly AccountId[]): Promise<Set<AccountId>>;
  /**
   * Everybody in small pages, each once, under the name of the newest connection; of several devices with one handle the oldest. Whoever is
   * connected all the time is in one of them; whoever comes or goes meanwhile may be.
   */
  pages(realm: Realm): AsyncGenerator<Pick<AccountSummary, 'id' | 'number' | 'handle' | 'name'>[]>;
}

/** What the edge hands to a dialect's REST side. */
export interface RestDeps {
  readonly core: Core;
  /** The realm that this wire opens into. */
  readonly realm: Realm;
  /** For calls before anybody signed in. */
  readonly anonymous: AnonymousPrincipal;
  /** For what Parley itself asks on this wire's behalf: names of senders, other accounts. */
  readonly system: SystemPrincipal;
  /** Realms other than `realm` that a request of this wire may name (v1 only). */
  readonly allowedRealms: readonly Realm[];
  /** The account behind the Bearer token; `unauthenticated` with reason `no_token` or `invalid_token`. */
  authenticate(request: Request): Promise<AccountPrincipal>;
  /** The account behind a token that came another way. `expired`: one whose time is over will do; its signature must still be right. */
  authenticateToken(token: string, options?: { readonly expired?: boolean }): Promise<AccountPrincipal>;
  readonly here: WhoIsHere;
  /**
   * Runs a sign-in and counts it when it fails with `unauthenticated`, per account name and per address; `rate_limited`
   * with `retryAfterMs` when there were too many. Successes cost nothing.
   */
  guardSignIn<T>(request: Request, login: string, attempt: () => Promise<T>): Promise<T>;
}

/** The handshake of a socket: everything that a wire may look at before it is accepted. */
export interface Handshake {
  /** Path below the wire's mount, without query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
}

export type Credentials =
  | { readonly kind: 'token'; readonly token: string }
  /** `realm`: where the ticket says it is good; without it the wire's own. One that the wire does not admit is no ticket. */
  | { readonly kind: 'ticket'; readonly ticket: string; readonly realm?: string };

/** One live connection, as a dialect sees it. `state` is the dialect's own. */
export interface ConnectionView<State = unknown> {
  readonly id: ConnectionId;
  readonly realm: Realm;
  readonly principal: AccountPrincipal;
  readonly state: State;
  /** Channels it is attached to now. */
  readonly attached: ReadonlyMap<ChannelId, ChannelSnapshot>;
  /** Whether it asked to be a peer, and is one. */
  readonly peering?: 'asked' | 'registered' | undefined;
}

/** What a wire wants once somebody is let in. Frames of `greeting` go out before any other. */
export interface Opening<State> {
  readonly state: State;
  /** Channels whose facts the connection hears from now on; membership was checked by `open`. */
  readonly attach: readonly ChannelSnapshot[];
  readonly greeting: readonly string[];
  /** Whether others in the attached channels are told with `session.opened` and `session.closed`. */
  readonly announced: boolean;
  /** Where the own inbox begins, at once; without it from now on, unless the client resumes it. */
  readonly inboxAfter?: number;
}

/** Where a message goes: a channel or an account by id, or by the name that clients know it by. */
export type Address = Target | { readonly directWithHandle: string } | { readonly slug: string };

export interface Close {
  readonly code: number;
  readonly reason: string;
}

/** The closed list of what a frame can ask for. `commands/execute.ts` is the single switch over it. */
export type Command =
  /** Before anything else on a socket that was opened without credentials. */
  | { readonly type: 'session.authenticate'; readonly credentials: Credentials }
  /** Another access token of the same account and session: the connection lives until that one expires. */
  | { readonly type: 'token.renew'; readonly accessToken: string }
  | {
      readonly type: 'message.send';
      readonly target: Address;
      /** Without one the gateway makes `<connection>:<n>`, so that it may repeat a call whose answer was lost. */
      readonly clientId: string | null;
      readonly content: Content;
      readonly raw?: string;
      /**
       * Whether the outcome says how many others it reached: connected accounts, now. `or_refuse`: a direct message to one that
       * is not connected is not kept (`not_found` `recipient_absent`).
       */
      readonly reach?: 'count' | 'or_refuse';
    }
  /** The same to one account that the wire names in its own way. Who that is is looked up first, and then what is said to it. */
  | {
      readonly type: 'message.direct';
      readonly to: AccountReference;
      readonly clientId: string | null;
      readonly contentFor: (recipient: AccountId) => Content;
      readonly raw?: string;
    }
  | { readonly type: 'typing.start'; readonly channelId: ChannelId }
  /** Hear a channel, from now or from after a sequence (`after`), which replays what came since. */
  | { readonly type: 'channel.attach'; readonly channelId: ChannelId; readonly after?: number }
  | { readonly type: 'channel.detach'; readonly channelId: ChannelId }
  /** Attach several channels and the own inbox, each from after its last sequence. */
  | {
      readonly type: 'session.resume';
      readonly inbox?: number;
      readonly channels: ReadonlyMap<ChannelId, number>;
    }
  | { readonly type: 'receipt.record'; readonly channelId: ChannelId; readonly sequence: number }
  /** A direct message was received, named by what its sender called it. Nothing is answered. */
  | { readonly type: 'inbox.acknowledge'; readonly reference: string }
  /** Be a peer of the network where its account has an address, and hear who comes and goes there. Once per connection. */
  | { readonly type: 'peer.register'; readonly agentId: string | null; readonly reach: Reach }
  /** Answer with this frame and do nothing else (a ping, a hint). */
  | { readonly type: 'answer'; readonly frame: string }
  /** The wire ignores such frames. */
  | { readonly type: 'nothing' };

/** How a stream was resumed: everything after the given sequence came first, or there is too much or it is gone. */
export type Resumed =
  | { readonly outcome: 'replayed'; readonly count: number; readonly head: number }
  | { readonly outcome: 'reset'; readonly head: number; readonly floor: number }
  | { readonly outcome: 'refused'; readonly fault: Fault };

/** What an intent led to; the wire says it in its own words, or not at all. */
export type Result =
  | { readonly type: 'session.authenticate'; readonly principal: AccountPrincipal; readonly expiresAt: string }
  | { readonly type: 'token.renew'; readonly expiresAt: string }
  | {
      readonly type: 'message.send';
      readonly message: Message;
      readonly channel: ChannelSnapshot;
      readonly inboxSequence: number | null;
      readonly repeated: boolean;
      /** How many connected accounts it reached, the sender not counted (but for a note to itself); where the intent asked. */
      readonly reached?: number;
    }
  | { readonly type: 'typing.start' }
  | { readonly type: 'channel.attach'; readonly channel: ChannelSnapshot; readonly resumed: Resumed }
  | { readonly type: 'channel.detach' }
  | {
      readonly type: 'session.resume';
      readonly inbox: Resumed | null;
      readonly channels: ReadonlyMap<ChannelId, Resumed>;
    }
  | { readonly type: 'receipt.record'; readonly sequence: number }
  /** `others`: everybody else who is online there. What changes from now on follows as facts. */
  | { readonly type: 'peer.register'; readonly peer: Peer; readonly others: readonly Peer[] };

/** What a frame was about, so that an answer can be matched with it (v1: the JSON-RPC id). Old wires have none. */
export type RequestId = string | number | null;

export interface Decoded {
  readonly command: Command;
  /** undefined: the client wants no answer (a JSON-RPC notification). */
  readonly requestId: RequestId | undefined;
  /** The trace that the client began, where its wire can say so: a W3C `traceparent`, as it came. */
  readonly traceparent?: string;
}

/** A frame made once for all of this wire who hear the fact. */
export interface Encoded {
  readonly frame: string;
  /** The one connection that does not hear it (the sender's own socket, on wires without echo). */
  readonly except?: ConnectionId;
  /** Who hears it, where the wire must choose; asked once per listener, so leave it out where all hear. */
  readonly accepts?: (connection: ConnectionView) => boolean;
}

/** The socket side of a wire. */
export interface SocketAdapter<State = unknown> {
  /** What the path says, or null when it is not this wire's. Both forms of a last slash are the same. */
  match(path: string): Readonly<Record<string, string>> | null;
  /** Where the token is in the handshake. null: there is none. */
  credentials(handshake: Handshake): Credentials | null;
  /** Whether the first frame may bring the token instead (`session.authenticate`). */
  readonly firstFrameMayAuthenticate: boolean;
  /**
   * Frames beyond the rate are delayed by not reading from the socket, never refused: the old servers took any burst. Left out:
   * they are refused.
   */
  readonly delaysBursts?: true;
  /** Of an account's connections only the newest hears; older ones stay open and may speak. Left out: all hear. */
  readonly newestReceives?: boolean;
  /**
   * Chat is told how far the inbox was written to the socket. `for_itself`: the next connection goes on there. `for_senders`: its
   * clients know their place, so only in a realm shared with a wire that keeps it, whose senders ask what became of a message.
   * Only for wires that have a word for every message of an inbox that such a sender writes. Left out: no.
   */
  readonly tracksDelivery?: 'for_itself' | 'for_senders';
  /** Whether the sender of a direct message wants to know that it was received; asked where the place is kept. */
  wantsAcknowledgement?(event: BusEvent, reader: AccountPrincipal): boolean;
  /** Whether a connection hears a channel that its account joins meanwhile, from the moment of joining. Left out: none. */
  joinsLive?(channel: Pick<ChannelSnapshot, 'kind'>): boolean;
  /** Looks up what the path names and says what the connection hears. A Fault refuses it: its frame, then its close code. */
  open(context: {
    readonly core: Core;
    readonly principal: AccountPrincipal;
    /** For what Parley itself asks on this wire's behalf. */
    readonly system: SystemPrincipal;
    readonly connectionId: ConnectionId;
    /** When the token that opened the socket ends. */
    readonly expiresAt: string;
    readonly params: Readonly<Record<string, string>>;
  }): Promise<Opening<State>>;
  /** Where a connection goes on that hears again after a newer one did (`newestHears`). Left out: from now on. */
  onReactivated?(context: {
    readonly core: Core;
    readonly principal: AccountPrincipal;
  }): Promise<Pick<Opening<State>, 'attach' | 'inboxAfter'>>;
  /** Throws a Fault for a frame that says nothing this wire knows. Binary frames come as text. */
  decode(frame: string, connection: ConnectionView<State> | null): Decoded;
  /** The answer to an intent, or null where the wire says nothing. */
  encodeResult(result: Result, requestId: RequestId | undefined, connection: ConnectionView<State>): string | null;
  /**
   * Whether the answer goes out after the message that it is about, because its sender receives that message itself. Left out: the
   * answer goes out as soon as it is known.
   */
  answersAfterMessage?(requestId: RequestId | undefined, connection: ConnectionView<State>): boolean;
  /** `null`: this wire has no word for it. `owner`: whose inbox it came along; null where it came along a channel. */
  encodeEvent(event: BusEvent, owner?: AccountPrincipal | null): Encoded | null;
  /**
   * A fault about a frame, or (`about` null) about the connection as a whole. A fault that `decode` threw comes back as the
   * same object, so that a wire can read from it what the frame was about. undefined: the client wants no answer.
   */
  encodeFault(fault: Fault, requestId: RequestId | undefined): string | null;
  /** Told before an orderly close that sends the client elsewhere; null where the wire has no word for it. */
  encodeGoaway(notice: { readonly reconnectAfterMs: number }): string | null;
  /** What a close for this fault looks like. Standard ones: 1012 restart, 1013 overload or slow reader, 1009 too big. */
  close(fault: Fault): Close;
}
