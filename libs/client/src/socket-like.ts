import type { UpgradeAnswer } from './refused-upgrade.js';

/** The part of a WebSocket that the client uses; browsers' and `ws`'s both have it. */
export interface SocketLike {
  onopen: ((event: never) => void) | null;
  onmessage: ((event: never) => void) | null;
  onerror: ((event: never) => void) | null;
  onclose: ((event: never) => void) | null;
  send(data: string): void;
  close(code?: number, reason?: string): void;
  /** Only `ws` has it: gone at once. */
  terminate?(): void;
  /** Only `ws` has it: what the server answered instead of opening a socket, such as 503 with `Retry-After`. */
  on?(name: 'unexpected-response', listener: (request: unknown, answer: UpgradeAnswer) => void): unknown;
}
export type SocketConstructor = new (url: string) => SocketLike;

interface Platform {
  readonly WebSocket?: SocketConstructor;
  readonly process?: { readonly versions?: { readonly node?: string } };
}

/** In Node that of `ws`, which shows why a handshake was refused and for how long; elsewhere the platform's own WebSocket. */
export const defaultSocket = async (): Promise<SocketConstructor> => {
  const { WebSocket: own, process } = globalThis as Platform;
  if (own && process?.versions?.node === undefined) return own;
  // Only Node comes here; a browser bundle carries the empty stand-in that `ws` has for browsers.
  const { WebSocket } = await import('ws');
  return WebSocket;
};
