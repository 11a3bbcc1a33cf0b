import type { IncomingHttpHeaders } from 'node:http';
import type {
  AccountPrincipal,
  ChannelId,
  ChannelSnapshot,
  ConnectionId,
  DialectName,
  BusEvent,
  Fault,
  Realm,
  SystemPrincipal,
} from '@parley/contracts';
import type { Request } from 'express';
import type { Core } from '../core.js';
import type { Command, Credentials, RequestId, Result } from './command.js';
import type { RestDeps } from './rest-deps.js';
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

/** The handshake of a socket: everything that a wire may look at before it is accepted. */
export interface Handshake {
  /** Path below the wire's mount, without query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
}

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

export interface Close {
  readonly code: number;
  readonly reason: string;
}

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
