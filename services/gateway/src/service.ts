import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Bus } from '@parley/bus';
import { createMetrics } from '@parley/runtime';
import type { Log, Metrics } from '@parley/runtime';
import type { GatewayConfig } from './config.js';
import { coreOver } from './core.js';
import { wiresOf } from './dialects/registry.js';
import { createApp } from './edge/http.js';
import { createPrincipals } from './edge/principal.js';
import { connectRedis } from './edge/redis.js';
import { createThrottle } from './edge/throttle.js';

export { GatewayConfig, realmOf } from './config.js';
export { type Core, coreOver } from './core.js';

export interface Gateway {
  readonly port: number;
  readonly url: string;
  /** No new sockets, those there are sent elsewhere, then what is in flight is answered. */
  stop(): Promise<void>;
}

export interface GatewayDeps {
  readonly bus: Bus;
  readonly log: Log;
  readonly metrics?: Metrics;
  readonly clock?: () => number;
}

/** Resolves when clients can come. */
export const startGateway = async (config: GatewayConfig, deps: GatewayDeps): Promise<Gateway> => {
  const { bus, log, metrics = createMetrics('gateway'), clock = Date.now } = deps;
  const core = coreOver(bus);
  const wires = wiresOf(config);
  const redis = config.redisUrl === undefined ? null : connectRedis(config.redisUrl, log);
  const principals = await createPrincipals({ bus, core, log, clock });
  const app = createApp({
    wires,
    core,
    principals,
    throttle: createThrottle(redis, { registrationsPerAddress: config.registrationsPerAddress }),
    trustedProxies: config.trustedProxies,
    bodyBytesMax: config.limits.bodyBytesMax,
    log,
    metrics,
  });
  const server = createServer(serverTimes, app);
  server.listen(config.port, config.host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const url = `http://${urlHost(config.host)}:${port}`;
  log.info({ url, wires: wires.map(({ dialect }) => dialect.name) }, 'The gateway listens');

  const stop = async (): Promise<void> => {
    await closeServer(server);
    principals.stop();
    // Not `quit`: there may be nobody to say goodbye to.
    redis?.disconnect();
  };
  let stopping: Promise<void> | undefined;
  return { port, url, stop: () => (stopping ??= stop()) };
};

/** A client that sends slowly is cut; one that waits for its next request outlives the idle time of usual proxies. */
const serverTimes = {
  headersTimeout: 15_000,
  requestTimeout: 30_000,
  keepAliveTimeout: 65_000,
  connectionsCheckingInterval: 5_000,
};

const closeGraceMs = 5_000;

const closeServer = async (server: Server): Promise<void> => {
  const closed = once(server, 'close');
  server.close();
  // Whoever is answered from now on is not kept.
  server.keepAliveTimeout = 1;
  const force = setTimeout(() => server.closeAllConnections(), closeGraceMs).unref();
  await closed;
  clearTimeout(force);
};

const urlHost = (host: string): string => {
  if (host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') ? `[${host}]` : host;
};
