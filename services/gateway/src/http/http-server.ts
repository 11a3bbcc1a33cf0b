import { IncomingMessage, createServer } from 'node:http';
import type { RequestListener, Server, ServerOptions } from 'node:http';
import { inTurns } from './request-turns.js';

/** `http://host/path?query` as `/path?query`: proxies and some clients send the absolute form (RFC 9112, section 3.2.2). */
export const originForm = (target: string): string => {
  const authority = /^(?:http|ws)s?:\/\/[^/?#]*/i.exec(target)?.[0];
  if (authority === undefined) return target;
  const rest = target.slice(authority.length);
  return rest.startsWith('/') ? rest : `/${rest}`;
};

const asksForWebSocket = ({ headers }: IncomingMessage): boolean =>
  headers.upgrade?.trim().toLowerCase() === 'websocket';

/** Longer than any handler may take. Sockets have a heartbeat instead. */
const silentMsDefault = 60_000;

const upgradeKey = Symbol('upgrade');

/**
 * Once a server listens for upgrades, `node:http` emits `upgrade` for every request with an `Upgrade` header. A server may ignore protocols
 * that it does not know (RFC 9110, section 7.8): a request that offers `h2c`, as `curl --http2` does, is then answered as HTTP/1.1.
 */
class UpgradableRequest extends IncomingMessage {
  [upgradeKey]?: unknown;

  get upgrade(): boolean {
    return Boolean(this[upgradeKey]) && (this.method === 'CONNECT' || asksForWebSocket(this));
  }

  set upgrade(value: unknown) {
    this[upgradeKey] = value;
  }
}

/**
 * An HTTP server that accepts targets in absolute form, begins requests in turns, and emits `upgrade` for WebSockets alone. `silentMs`: how
 * long a connection with a request may neither send nor read. `server.timeout` would begin before it is known whether a connection becomes a
 * WebSocket, which then keeps the timer (176 bytes).
 */
export const createHttpServer = (
  { silentMs = silentMsDefault, ...options }: ServerOptions & { readonly silentMs?: number },
  answer: RequestListener,
): Server => {
  const begin = inTurns(answer);
  return createServer({ ...options, IncomingMessage: UpgradableRequest }, (request, response) => {
    request.socket.setTimeout(silentMs);
    request.url = originForm(request.url ?? '/');
    begin(request, response);
  });
};
