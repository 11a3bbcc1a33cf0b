import type { SocketConstructor, SocketLike } from './socket-like.js';

// In place of socket.ts where the platform is a browser.

export const platformSocket = (): Promise<SocketConstructor> =>
  Promise.resolve((globalThis as unknown as { readonly WebSocket: SocketConstructor }).WebSocket);

/** Browsers do not show why a handshake was refused. */
export const onRefusedUpgrade = (_socket: SocketLike, _refused: unknown): void => {};
