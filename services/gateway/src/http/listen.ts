import { once } from 'node:events';
import type { Server } from 'node:http';
import { createServer as createListener } from 'node:net';
import type { AddressInfo, ListenOptions, Server as Listener } from 'node:net';
import { withTimeout } from '@parley/contracts';
import { listenError } from '@parley/runtime';

/**
 * libuv accepts one connection per listening socket in each turn of the event loop (since 1.45, Node 20.3). A gateway whose turns last 50
 * ms under load accepts 20 connections a second with one socket, and this many times that with more: docs/adr/0013.
 */
const socketsWanted = 16;

/**
 * Connections that may wait to be accepted, over all listening sockets; the system limits each socket (`net.core.somaxconn`, 4,096 on Linux).
 * Node's default is 511. When a queue is full, Linux drops packets, and clients repeat them after 1, 3, 7, 15 and 31 s.
 */
const waitingMax = 8_192;

const closeGraceMs = 5_000;

export interface Listening {
  readonly port: number;
  /** The number of listening sockets that share the port. */
  readonly sockets: number;
  /** Accepts no new connections; resolves when all pending requests were answered, or closes them after a grace time. */
  close(): Promise<void>;
}

/** Several sockets may share a port on Linux since Node 22.12, 23.1. */
export const canShare = (platform = process.platform, version = process.versions.node): boolean => {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return platform === 'linux' && (major > 23 || (major === 23 && minor >= 1) || (major === 22 && minor >= 12));
};

/** Listens on the given address; rejects with a StartError on failure, also when another process of ours listens there. */
export const listenOn = async (
  server: Server,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<Listening> => {
  if (!canShare()) {
    await listening(server, { host, port, backlog: waitingMax });
    return { port: portOf(server), sockets: 1, close: () => closeAll(server, []) };
  }
  // With `reusePort`, listening succeeds even if another process listens on the port, so check first.
  if (port !== 0) await refuseTaken(host, port);
  const shared = { host, reusePort: true, backlog: waitingMax / socketsWanted };
  await listening(server, { ...shared, port });
  const others: Listener[] = [];
  for (let n = 1; n < socketsWanted; n += 1) {
    const other = createListener(asHttpDoes, (socket) => void server.emit('connection', socket));
    await listening(other, { ...shared, port: portOf(server) });
    others.push(other);
  }
  return { port: portOf(server), sockets: socketsWanted, close: () => closeAll(server, others) };
};

/** As a `node:http` server accepts connections itself: it sends without delay, and closes its side when it chooses to. */
const asHttpDoes = { allowHalfOpen: true, noDelay: true };

// `ListenOptions` of Node 20 does not have the option.
type SharedListenOptions = ListenOptions & { readonly reusePort?: boolean };

const listening = async (
  server: Listener,
  options: SharedListenOptions & { host: string; port: number },
): Promise<void> => {
  server.listen(options);
  await once(server, 'listening').catch((error: Error) => {
    throw listenError(error, options);
  });
};

const portOf = (server: Listener): number => (server.address() as AddressInfo).port;

const refuseTaken = async (host: string, port: number): Promise<void> => {
  const probe = createListener();
  await listening(probe, { host, port });
  probe.close();
  await once(probe, 'close');
};

/** Bounded, because the server still waits for connections that became WebSockets, although it no longer owns them. */
const closeAll = async (server: Server, others: readonly Listener[]): Promise<void> => {
  const closed = Promise.all([server, ...others].map((each) => once(each, 'close')));
  for (const each of [server, ...others]) each.close();
  // Close each connection after its next response.
  server.keepAliveTimeout = 1;
  await withTimeout(closed, closeGraceMs, () => null);
  server.closeAllConnections();
};
