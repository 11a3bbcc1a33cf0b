import type { UpgradeAnswer } from './refused-upgrade.js';

/** The part of a WebSocket that the client uses; those of browsers and of `ws` both have it. */
export interface SocketLike {
  /** Set by the client; the handshake was accepted. */
  onopen: ((event: never) => void) | null;
  /** Set by the client; its event has the text of a frame as `data`. */
  onmessage: ((event: never) => void) | null;
  /** Set by the client; `onclose` follows. */
  onerror: ((event: never) => void) | null;
  /** Set by the client; its event has `code` and `reason`. */
  onclose: ((event: never) => void) | null;
  /** Sends one text frame. */
  send(data: string): void;
  /** Begins to close. */
  close(code?: number, reason?: string): void;
  /** `ws` only: destroys the socket at once. */
  terminate?(): void;
  /** `ws` only: the HTTP response to a refused handshake, such as 503 with `Retry-After`. */
  on?(name: 'unexpected-response', listener: (request: unknown, answer: UpgradeAnswer) => void): unknown;
}
/** What makes such a socket: `WebSocket` of a browser or of `ws`. */
export type SocketConstructor = new (url: string) => SocketLike;
