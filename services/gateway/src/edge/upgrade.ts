import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Realm } from '@parley/contracts';
import type { Log } from '@parley/runtime';
import type { WebSocket } from 'ws';
import { WebSocketServer } from 'ws';
import type { Dialect, Handshake, SocketWire } from '../dialects/dialect.js';
import type { Realtime, RealtimeLimits } from '../realtime/index.js';
import { originForm } from './http-server.js';
import { LiveSocket } from './socket.js';

/** Whose wire a handshake is. null: nobody's. */
export type SelectSocket = (handshake: Handshake) => {
  readonly dialect: Dialect;
  readonly wire: SocketWire;
  readonly params: Readonly<Record<string, string>>;
  readonly realms: readonly Realm[];
  readonly outlivesToken?: boolean;
} | null;

export interface UpgradeDeps {
  readonly realtime: Realtime;
  readonly select: SelectSocket;
  readonly limits: RealtimeLimits;
  readonly log: Log;
}

const retryAfterSeconds = 2;
/** How long a refused handshake may keep its descriptor when its client does not take the answer. */
const refusalMs = 2_000;
const webSocketVersion = '13';

/**
 * The one listener for upgrades. A known path is always accepted, and refused afterwards in its wire's words: browsers do not
 * show a page what the answer to a handshake said.
 */
export const attachUpgrades = (server: Server, deps: UpgradeDeps): { stopAccepting(): void } => {
  const { realtime, select, limits, log } = deps;
  const sockets = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: limits.frameBytesMax,
    skipUTF8Validation: false,
  });
  let accepting = true;
  let told = false;

  const onAccepted = (ws: WebSocket, chosen: NonNullable<ReturnType<SelectSocket>>, handshake: Handshake): void => {
    const socket = new LiveSocket(ws);
    if (!socket.joins && !told) {
      told = true;
      log.warn({}, 'The WebSocket library keeps its socket elsewhere than expected: frames are sent one by one');
    }
    const { dialect, wire, params, realms, outlivesToken = false } = chosen;
    const credentials = wire.credentials(handshake);
    realtime.accept(socket, { dialect: dialect.name, wire, params, realms, outlivesToken, credentials });
  };

  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    // Until `ws` has it, nobody else listens for a connection that breaks.
    socket.on('error', ignore);
    // Also for what `ws` refuses: it waits for its answer to be taken.
    const deadline = setTimeout(() => socket.destroy(), refusalMs).unref();
    socket.once('close', () => clearTimeout(deadline));
    const { connections, counts } = realtime.stats();
    if (!accepting || connections >= limits.sessionsMax) {
      counts.throttled[accepting ? 'gateway_full' : 'gateway_stopping'] += 1;
      return refuse(socket, `503 Service Unavailable\r\nRetry-After: ${retryAfterSeconds}`);
    }
    const handshake = handshakeOf(request);
    const chosen = handshake && select(handshake);
    if (!chosen) return refuse(socket, '404 Not Found');
    if (request.headers['sec-websocket-version'] !== webSocketVersion)
      return refuse(socket, `426 Upgrade Required\r\nUpgrade: websocket\r\nSec-WebSocket-Version: ${webSocketVersion}`);
    sockets.handleUpgrade(request, socket, head, (ws) => {
      clearTimeout(deadline);
      socket.off('error', ignore);
      onAccepted(ws, chosen, handshake);
    });
  });

  return {
    stopAccepting() {
      accepting = false;
    },
  };
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

const refuse = (socket: Duplex, status: string): void => {
  // What else the client has sent is read, because closing with it unread would reset the connection before the answer arrives.
  socket.resume();
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`, () => socket.destroy());
};
