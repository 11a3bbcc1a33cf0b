// What the clients of a load say and understand, so that one generator drives every system in the same way.

/** What a text frame of the server means to the generator. */
export type Read =
  | { readonly kind: 'opened' }
  | { readonly kind: 'answered'; readonly id: number; readonly error: string | null }
  | { readonly kind: 'delivered' }
  | { readonly kind: 'ping'; readonly pong: string }
  | { readonly kind: 'other' };

/** Pure: frames are texts, ids are those of requests on one connection. */
export interface Wire {
  readonly path: string;
  /** The first frame of a client, if the server waits for one. */
  readonly hello: string | null;
  join(id: number, channelId: string): string;
  send(id: number, channelId: string, text: string): string;
  read(frame: string): Read;
  /** For one client that comes back; undefined: it cannot. */
  readonly createMemory?: () => Memory;
  /** How the client library of this wire comes back; set where `createMemory` is. */
  readonly reconnection?: Reconnection;
}

export interface Reconnection {
  /** How long an attempt may take until it is accepted. */
  readonly openWithinMs: number;
  /**
   * The wait before an attempt. `nth`: 1 after the end of a connection, or after the first attempt that failed; one more after each that failed
   * since. `retryAfterMs`: what the server asked for, or 0.
   */
  waitMs(nth: number, retryAfterMs: number): number;
}

/** What one client remembers over its connections, so that it gets what it missed. */
export interface Memory {
  /** Takes each frame of the server. */
  see(frame: string): void;
  /** The first frame of the next connection, if the server waits for one. */
  hello(): string | null;
  /** Asks for what was missed on a connection that was accepted; null when the first frame asked. */
  resume(id: number): string | null;
  /** Whether the last connection goes on where the one before ended; false: its channels have to be joined again. */
  readonly goesOn: boolean;
}
