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
}
export type SocketConstructor = new (url: string) => SocketLike;

/** The platform's own WebSocket; in a Node without one, that of `ws`. */
export const defaultSocket = async (): Promise<SocketConstructor> => {
  const own = (globalThis as { WebSocket?: SocketConstructor }).WebSocket;
  if (own) return own;
  // Only Node comes here; a browser bundle carries the empty stand-in that `ws` has for browsers.
  const { WebSocket } = await import('ws');
  return WebSocket;
};
