import type { ParleyError } from './parley-error.js';
import { refusalOfUpgrade } from './refused-upgrade.js';
import type { SocketConstructor, SocketLike } from './socket-like.js';

// A bundler for browsers takes browser-socket.ts in place of this (`browser` in package.json).

interface Platform {
  readonly WebSocket?: SocketConstructor;
  readonly process?: { readonly versions?: { readonly node?: string } };
}

/** In Node the WebSocket of `ws`, which exposes why a handshake was refused and its `Retry-After`; elsewhere the platform's own. */
export const platformSocket = async (): Promise<SocketConstructor> => {
  const { WebSocket: own, process } = globalThis as Platform;
  return own && process?.versions?.node === undefined ? own : (await import('ws')).WebSocket;
};

/** Calls `refused` when the server answers the handshake with an HTTP response instead of an upgrade, where the socket shows it. */
export const onRefusedUpgrade = (socket: SocketLike, refused: (error: ParleyError) => void): void => {
  socket.on?.('unexpected-response', (_request, answer) => void refusalOfUpgrade(answer).then(refused));
};
