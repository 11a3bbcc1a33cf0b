import { once } from 'node:events';
import type { Server } from 'node:http';
import { createServer as createListener } from 'node:net';
import type { AddressInfo, ListenOptions, Server as Listener } from 'node:net';
import { withTimeout } from '@parley/contracts';
import { listenError } from '@parley/runtime';

/**
 * libuv takes one connection from each listening socket in a turn of the event loop (since 1.45, Node 20.3). A gateway whose turns
 * last 50 ms because it has much to do lets in 20 a second with one, and this many times that with more: docs/adr/0013.
 */
const socketsWanted = 16;

const closeGraceMs = 5_000;

export interface Listening {
  readonly port: number;
  /** How many share the port. */
  readonly sockets: number;
  /** Takes nobody new; resolves when what is being answered was answered, or has taken too long and is cut. */
  close(): Promise<void>;
}

/** Several sockets may share a port on Linux since Node 22.12, 23.1. */
export const canShare = (platform = process.platform, version = process.versions.node): boolean => {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return platform === 'linux' && (major > 23 || (major === 23 && minor >= 1) || (major === 22 && minor >= 12));
};

/** Listens where it is told; rejects with a StartError when it cannot, also when one of ours listens there. */
export const listenOn = async (
  server: Server,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<Listening> => {
  if (!canShare()) {
    await listening(server, { host, port });
    return { port: portOf(server), sockets: 1, close: () => closeAll(server, []) };
  }
  // Whoever shares a port is not told that somebody else does.
  if (port !== 0) await refuseTaken(host, port);
  await listening(server, { host, port, reusePort: true });
  const others: Listener[] = [];
  for (let n = 1; n < socketsWanted; n += 1) {
    const other = createListener(asHttpDoes, (socket) => void server.emit('connection', socket));
    await listening(other, { host, port: portOf(server), reusePort: true });
    others.push(other);
  }
  return { port: portOf(server), sockets: socketsWanted, close: () => closeAll(server, others) };
};

/** As a server of `node:http` takes connections itself: it sends at once, and closes its side when it wants to. */
const asHttpDoes = { allowHalfOpen: true, noDelay: true };

// What `ListenOptions` of Node 20 does not know.
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

/** Bounded: connections that became sockets are not the server's any more, yet it waits for them. */
const closeAll = async (server: Server, others: readonly Listener[]): Promise<void> => {
  const closed = Promise.all([server, ...others].map((each) => once(each, 'close')));
  for (const each of [server, ...others]) each.close();
  // Whoever is answered from now on is not kept.
  server.keepAliveTimeout = 1;
  await withTimeout(closed, closeGraceMs, () => null);
  server.closeAllConnections();
};
