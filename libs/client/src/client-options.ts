import type { ParleyError } from './parley-error.js';
import type { Notifications } from './protocol.js';
import type { SocketConstructor } from './socket-like.js';
import type { ClientState, ClientStorage, Delivery, Entry, Tokens } from './types.js';

/** Options of `ParleyClient`. Required: `url` and one of `tokens`, `signIn` and `storage`. */
export interface ClientOptions {
  /**
   * Base URL of the gateway: `https://chat.example.org`, with a path when v1 is mounted below one. With several URLs, the client moves to
   * the next one when a connection or request fails.
   */
  readonly url: string | readonly string[];
  /** The grant that `signIn` or `signUp` returned. Default: the tokens in `storage`. */
  readonly tokens?: Tokens;
  /** Called for new tokens when there are none, and when the session has ended. */
  readonly signIn?: () => Promise<Tokens>;
  /** Realm of the account. Default: the server's realm for v1. */
  readonly realm?: string;
  /** Persists tokens and stream positions between runs. Default: none; both are lost with the client. */
  readonly storage?: ClientStorage;
  /** WebSocket constructor. Default: the platform's own, in Node that of `ws`. */
  readonly webSocket?: SocketConstructor;
  /** Default: the platform's own `fetch`. */
  readonly fetch?: typeof fetch;
  /** Timeout for opening the socket and for each response on it, in milliseconds. Default: 15,000. REST requests time out after 15 s. */
  readonly requestTimeoutMs?: number;
  /** Milliseconds without a received frame after which the client sends a ping. Default: 20,000. */
  readonly pingAfterMs?: number;
  /** Receives what happens inside the client; `console` is one. Never content, tokens or passwords. Default: none. */
  readonly logger?: Logger;
  /** How many messages a timeline holds. Default: 500. */
  readonly timelineMax?: number;
  /** Whether the client reports what it received, so that senders see `delivered`. Default: true. */
  readonly reportsDelivered?: boolean;
  /** Called before each request: the W3C `traceparent` of the trace that the request belongs to, if any. */
  readonly traceparent?: () => string | undefined;
  /**
   * The delay before a reconnection attempt: random, below a ceiling that doubles from `baseMs` (default 250) to `maxMs` (default 10,000).
   */
  readonly backoff?: {
    readonly baseMs?: number;
    readonly maxMs?: number;
    /** From 0 to 1. Default: `Math.random`. */
    readonly random?: () => number;
  };
}

/** Takes log lines by level: a text, and fields that belong to it. */
export type Logger = Partial<
  Record<'debug' | 'info' | 'warn' | 'error', (text: string, fields: Readonly<Record<string, unknown>>) => void>
>;

/** Options of `ParleyClient.connect`. */
export interface ConnectOptions {
  /** Aborting closes the client. */
  readonly signal?: AbortSignal;
  /** How long `connect` waits, in milliseconds. Default: 60,000. */
  readonly deadlineMs?: number;
}

/** The events of `ParleyClient.on` by name, with the value that a handler receives. */
export interface ClientEvents {
  state: ClientState;
  /** A received message, as with `onMessage`. */
  message: Delivery;
  /** An entry of the inbox or of a channel that is in use: a message, or a change of one. */
  entry: Entry;
  typing: Notifications['typing.started'];
  memberAdded: Notifications['member.added'];
  memberChanged: Notifications['member.changed'];
  memberRemoved: Notifications['member.removed'];
  channelChanged: Notifications['channel.changed'];
  /** The server does not deliver this channel (null: the inbox) to the account any more. */
  detached: { readonly channelId: string | null; readonly error: ParleyError };
  /** New tokens: refreshed, returned by `signIn`, or loaded from `storage`. */
  tokens: Tokens;
  /** `storage` threw or rejected. The client continues without what could not be read or written. */
  storageFailed: { readonly error: unknown };
}
