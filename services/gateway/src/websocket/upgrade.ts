import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { Fault, type Realm } from '@parley/contracts';
import type { Request } from 'express';
import type { Log } from '@parley/runtime';
import { WebSocketServer } from 'ws';
import type { Dialect, Handshake, SocketAdapter } from '../protocol/dialect.js';
import type { Realtime, RealtimeLimits } from '../connections/index.js';
import { clientAddressOf, createProxyTrust } from '../limits/client-network.js';
import { ConnectionLimits, refusalFault, retryAfterSeconds } from '../limits/connection-limits.js';
import type { ConnectionSlot } from '../limits/connection-limits.js';
import { overloadedFault } from '../limits/opening-pace.js';
import { originForm } from '../http/http-server.js';
import { LiveSocket } from './socket.js';

/** Selects the dialect of a handshake. null: none. */
export type SelectSocket = (handshake: Handshake) => {
  readonly dialect: Dialect;
  readonly adapter: SocketAdapter;
  readonly params: Readonly<Record<string, string>>;
  readonly realms: readonly Realm[];
  readonly outlivesToken?: boolean;
} | null;

export interface UpgradeDeps {
  readonly realtime: Realtime;
  readonly select: SelectSocket;
  readonly limits: RealtimeLimits;
  readonly log: Log;
  /** Addresses and ranges whose X-Forwarded-For determines the client address. Default: none. */
  readonly trustedProxies?: readonly string[];
}

/** How long a refused handshake may keep its descriptor when its client does not read the response. */
const refusalMs = 2_000;
const webSocketVersion = '13';

/**
 * The one listener for upgrades. It always accepts a known path, and the dialect refuses the socket afterwards: browsers do not show a page
 * the response to a handshake.
 */
export const attachUpgrades = (server: Server, deps: UpgradeDeps): { stopAccepting(): void } => {
  const { realtime, select, limits, log, trustedProxies = [] } = deps;
  const connectionLimits = new ConnectionLimits(limits);
  const trust = createProxyTrust(trustedProxies);
  const sockets = new WebSocketServer({
    WebSocket: LiveSocket,
    noServer: true,
    clientTracking: false,
    autoPong: false,
    perMessageDeflate: false,
    maxPayload: limits.frameBytesMax,
    skipUTF8Validation: false,
  });
  let accepting = true;
  let warned = false;

  const onAccepted = (socket: LiveSocket, chosen: Chosen, handshake: Handshake, slot: ConnectionSlot): void => {
    const { dialect, adapter, params, realms, outlivesToken = false } = chosen;
    const credentials = adapter.credentials(handshake);
    realtime.accept(socket, { dialect: dialect.name, adapter, params, realms, outlivesToken, credentials, slot });
    if (!socket.joins && !warned) {
      warned = true;
      log.warn({}, 'The WebSocket library keeps its socket elsewhere than expected: frames are sent one by one');
    }
  };

  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    // Until `ws` owns the socket, no other listener handles a connection error.
    socket.on('error', ignore);
    // Also for handshakes that `ws` refuses: it waits until its response was read.
    const deadline = setTimeout(() => socket.destroy(), refusalMs).unref();
    const forgetDeadline = (): void => clearTimeout(deadline);
    socket.once('close', forgetDeadline);
    const { throttled } = realtime.stats().counters;
    const handshake = handshakeOf(request);
    const chosen = handshake && select(handshake);
    if (!chosen) return refuse(socket, '404 Not Found');
    if (request.headers['sec-websocket-version'] !== webSocketVersion)
      return refuse(socket, `426 Upgrade Required\r\nUpgrade: websocket\r\nSec-WebSocket-Version: ${webSocketVersion}`);
    if (!accepting) {
      throttled.gateway_stopping += 1;
      return refuseInWords(socket, chosen, stoppingFault(), request);
    }
    const comeBackMs = realtime.admit();
    if (comeBackMs !== null) {
      throttled.overloaded += 1;
      return refuseInWords(socket, chosen, overloadedFault(comeBackMs), request);
    }
    const slot = connectionLimits.admit(clientAddressOf(request, trust));
    if (typeof slot === 'string') {
      throttled[slot] += 1;
      return refuseInWords(socket, chosen, refusalFault(slot), request);
    }
    // Until the connection owns the slot; `ws` may refuse the handshake.
    const releaseSlot = (): void => slot.release();
    socket.once('close', releaseSlot);
    sockets.handleUpgrade(request, socket, head, (ws) => {
      clearTimeout(deadline);
      onAccepted(ws, chosen, handshake, slot);
      // These listeners would keep the handshake in memory for as long as the connection is open.
      socket.off('error', ignore).off('close', forgetDeadline).off('close', releaseSlot);
    });
  });

  return {
    stopAccepting() {
      accepting = false;
    },
  };
};

const stoppingFault = (): Fault =>
  new Fault('unavailable', 'restarting', 'The server restarts', { retryAfterMs: retryAfterSeconds * 1_000 });

type Chosen = NonNullable<ReturnType<SelectSocket>>;

const refuseInWords = (socket: Duplex, { dialect }: Chosen, fault: Fault, request: IncomingMessage): void => {
  // No dialect reads more of a request than `node:http` provides.
  const { contentType = 'application/json', body } = dialect.renderFault(fault, request as Request);
  const status = fault.code === 'unavailable' ? '503 Service Unavailable' : '429 Too Many Requests';
  const retryAfter = Math.ceil((fault.retryAfterMs ?? retryAfterSeconds * 1_000) / 1_000);
  refuse(socket, `${status}\r\nRetry-After: ${retryAfter}\r\nContent-Type: ${contentType}`, JSON.stringify(body));
};

const ignore = (): void => {};

const handshakeOf = ({ url = '/', headers }: IncomingMessage): Handshake | null => {
  // Not `new URL(url)`: a path may begin with two slashes.
  const [path = '/', query = ''] = splitOnce(originForm(url), '?');
  return path.startsWith('/') ? { path, query: new URLSearchParams(query), headers } : null;
};

const splitOnce = (text: string, separator: string): [string, string?] => {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
};

const refuse = (socket: Duplex, status: string, body = ''): void => {
  // Read the rest of the input, because closing with unread input would reset the connection before the response arrives.
  socket.resume();
  const length = `Content-Length: ${Buffer.byteLength(body)}`;
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\n${length}\r\n\r\n${body}`, () => socket.destroy());
};
