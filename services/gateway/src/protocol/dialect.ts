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
import type { DialectDocuments } from './documents.js';
import type { PresenceNotice } from './presence-command.js';
import type { RestDeps } from './rest-deps.js';
import type { Route } from './routes.js';

/**
 * A protocol that the gateway speaks, as one folder. Decoding and encoding are pure; what needs the core goes through `core` and `Command`.
 */
export interface Dialect {
  readonly name: DialectName;
  /** The REST operations as data: the gateway makes both the router and the OpenAPI document from them. */
  routes(deps: RestDeps): readonly Route[];
  /** Renders a fault as this dialect's error response. */
  renderFault(fault: Fault, request: Request): RenderedFault;
  readonly socket: SocketAdapter | null;
  /** What OpenAPI, AsyncAPI and OpenRPC say of this dialect besides its routes. */
  readonly documents: DialectDocuments;
}

export interface RenderedFault {
  readonly status: number;
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** The handshake of a socket: everything that a dialect can read before the gateway accepts the socket. */
export interface Handshake {
  /** The path below the dialect's mount, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
}

/** The channels that a connection is attached to. */
export type Attached = Pick<ReadonlyMap<ChannelId, ChannelSnapshot>, 'get' | 'has' | 'keys' | 'size'>;

/** One connection as its dialect sees it. The dialect owns `state`. */
export interface ConnectionView<State = unknown> {
  readonly id: ConnectionId;
  readonly realm: Realm;
  readonly principal: AccountPrincipal;
  readonly state: State;
  /** The channels that the connection is attached to now. */
  readonly attached: Attached;
  /** `asked`: the connection sent a registration as a peer. `registered`: the registration succeeded. */
  readonly peering?: 'asked' | 'registered' | undefined;
}

/** What a dialect needs when a connection opens. The gateway sends the frames of `greeting` before any other. */
export interface Opening<State> {
  readonly state: State;
  /** Channels whose events the connection receives from now on; `open` has checked the membership. */
  readonly attach: readonly ChannelSnapshot[];
  readonly greeting: readonly string[];
  /** Whether the other members of the attached channels receive `session.opened` and `session.closed`. */
  readonly announced: boolean;
  /** The sequence after which inbox delivery starts at once. Left out: from now on, unless the client resumes the inbox. */
  readonly inboxAfter?: number;
}

export interface Close {
  readonly code: number;
  readonly reason: string;
}

export interface Decoded {
  readonly command: Command;
  /** undefined: the client expects no answer (a JSON-RPC notification). */
  readonly requestId: RequestId | undefined;
  /** The trace that the client started, where the dialect can carry it: a W3C `traceparent`, unmodified. */
  readonly traceparent?: string;
}

/** A frame encoded once for all subscribers of this dialect. */
export interface Encoded {
  readonly frame: string;
  /** The one connection that does not receive the frame (the sender's own socket, in dialects without echo). */
  readonly except?: ConnectionId;
  /** Selects the connections that receive the frame. It runs once per subscriber, so leave it out where all of them receive it. */
  readonly accepts?: (connection: ConnectionView) => boolean;
}

/** The WebSocket side of a dialect. */
export interface SocketAdapter<State = unknown> {
  /** The parameters in the path, or null for a path of another dialect. A trailing slash makes no difference. */
  match(path: string): Readonly<Record<string, string>> | null;
  /** Reads the credentials from the handshake. null: there are none. */
  credentials(handshake: Handshake): Credentials | null;
  /** Whether the first frame may carry the token instead (`session.authenticate`). */
  readonly firstFrameMayAuthenticate: boolean;
  /**
   * The gateway delays frames beyond the rate by not reading from the socket, and never refuses them: the old servers accepted any burst.
   * Left out: it refuses them.
   */
  readonly delaysBursts?: true;
  /** Only the newest connection of an account receives; older ones stay open and may send. Left out: all of them receive. */
  readonly newestReceives?: boolean;
  /**
   * Whether chat records how far the inbox was written to the socket. `for_itself`: the next connection continues there. `for_senders`: the
   * clients of this dialect keep their own position, so chat records it only in a realm shared with a dialect that tracks delivery, whose
   * senders ask for the status of a message. Only for dialects that can encode every inbox message that such a sender writes. Left out: no.
   */
  readonly tracksDelivery?: 'for_itself' | 'for_senders';
  /** Whether the sender of a direct message expects an acknowledgement; called only where delivery is tracked. */
  wantsAcknowledgement?(event: BusEvent, reader: AccountPrincipal): boolean;
  /** Whether a connection receives a channel that its account joins while connected, from the moment of joining. Left out: no channel. */
  joinsLive?(channel: Pick<ChannelSnapshot, 'kind'>): boolean;
  /**
   * Looks up what the path names and returns what the connection receives. A thrown Fault refuses the socket: the client gets its frame,
   * then its close code.
   */
  open(context: {
    readonly core: Core;
    readonly principal: AccountPrincipal;
    /** The principal for calls that Parley itself makes for this dialect. */
    readonly system: SystemPrincipal;
    readonly connectionId: ConnectionId;
    /** When the token that opened the socket expires. */
    readonly expiresAt: string;
    readonly params: Readonly<Record<string, string>>;
  }): Promise<Opening<State>>;
  /** Where a superseded connection continues when it becomes the newest again (`newestReceives`). Left out: from now on. */
  onReactivated?(context: {
    readonly core: Core;
    readonly principal: AccountPrincipal;
  }): Promise<Pick<Opening<State>, 'attach' | 'inboxAfter'>>;
  /** Throws a Fault for a frame that is not valid in this dialect. Binary frames arrive as text. */
  decode(frame: string, connection: ConnectionView<State> | null): Decoded;
  /** Encodes the answer to a command; null where the dialect sends none. */
  encodeResult(result: Result, requestId: RequestId | undefined, connection: ConnectionView<State>): string | null;
  /**
   * Whether the answer follows the message that it answers for, because the sender receives that message too. Left out: the gateway sends
   * the answer as soon as it has the result.
   */
  answersAfterMessage?(requestId: RequestId | undefined, connection: ConnectionView<State>): boolean;
  /**
   * null: the dialect has no frame for the event. `owner`: the account whose inbox delivered the event; null where a channel delivered it.
   */
  encodeEvent(event: BusEvent, owner?: AccountPrincipal | null): Encoded | null;
  /** Encodes what a subscriber of presence receives. Left out: the dialect has no such subscription. */
  encodePresence?(notice: PresenceNotice): string;
  /**
   * Encodes a fault of a frame, or (`requestId` null) of the connection as a whole. A fault that `decode` threw comes back as the same
   * object, so that the dialect can read from it which frame it belongs to. `requestId` undefined: the client expects no answer.
   */
  encodeFault(fault: Fault, requestId: RequestId | undefined): string | null;
  /** The frame before an orderly close that asks the client to reconnect elsewhere; null where the dialect has none. */
  encodeGoaway(notice: { readonly reconnectAfterMs: number }): string | null;
  /** The close frame for this fault. Standard codes: 1012 restart, 1013 overload or slow consumer, 1009 too big. */
  close(fault: Fault): Close;
}
