import type { ParleyError } from './parley-error.js';
import type { SocketConstructor } from './socket-like.js';
import type { Channel, ClientState, ClientStorage, Delivery, Member, Tokens } from './types.js';

/** What a client is made with. Only `url` and one of `tokens`, `signIn` and `storage` are needed. */
export interface ClientOptions {
  /** Where the gateway is: `https://chat.example.org`, with a path when v1 is mounted below one. Of several, the next is taken when one is lost. */
  readonly url: string | readonly string[];
  /** A grant of `signIn` or `signUp`. Without it the tokens of `storage` are used. */
  readonly tokens?: Tokens;
  /** Asked for tokens when there are none, and when the session has ended. */
  readonly signIn?: () => Promise<Tokens>;
  /** The realm of the account, when it is not the server's own for v1. */
  readonly realm?: string;
  /** Keeps tokens and positions between runs; without it both end with the client. */
  readonly storage?: ClientStorage;
  /** Instead of the platform's own, or of `ws` in Node. */
  readonly webSocket?: SocketConstructor;
  /** Instead of the platform's own. */
  readonly fetch?: typeof fetch;
  /** How long an answer on the socket, or its opening, may take, in milliseconds (15,000 by default). REST requests have 15 s. */
  readonly requestTimeoutMs?: number;
  /** Silence after which the server is asked whether it is still there, in milliseconds (20,000 by default). */
  readonly pingAfterMs?: number;
  /** Asked before each request: the W3C `traceparent` of the trace that it is part of, if any. */
  readonly traceparent?: () => string | undefined;
  /**
   * The delay before connecting again: random, below a ceiling that doubles from `baseMs` (250 by default) to `maxMs` (10,000).
   * `random`: `Math.random` by default.
   */
  readonly backoff?: { readonly baseMs?: number; readonly maxMs?: number; readonly random?: () => number };
}

export interface ConnectOptions {
  /** Aborting closes the client. */
  readonly signal?: AbortSignal;
  /** How long `connect` waits, in milliseconds (60,000 by default). */
  readonly deadlineMs?: number;
}

/** What `on` takes the names of, and what its handlers are given. */
export interface ClientEvents {
  state: ClientState;
  /** The same as `onMessage`. */
  message: Delivery;
  typing: { readonly channelId: string; readonly account: { readonly id: string; readonly name: string } };
  memberAdded: { readonly channelId: string; readonly membershipVersion: number; readonly member: Member };
  memberChanged: { readonly channelId: string; readonly membershipVersion: number; readonly member: Member };
  memberRemoved: { readonly channelId: string; readonly membershipVersion: number; readonly accountId: string };
  channelChanged: { readonly channel: Channel };
  /** The server will not let us hear this channel (null: the inbox) any more. */
  detached: { readonly channelId: string | null; readonly error: ParleyError };
  /** New tokens: refreshed, signed in, or taken from `storage`. */
  tokens: Tokens;
  /** `storage` threw or rejected. The client goes on without what could not be read or written. */
  storageFailed: { readonly error: unknown };
}
