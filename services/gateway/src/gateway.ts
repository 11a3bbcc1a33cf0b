import type { Bus } from '@parley/bus';
import { createMetrics, urlHost } from '@parley/runtime';
import type { Log, Metrics } from '@parley/runtime';
import type { GatewayConfig } from './config.js';
import { coreOver } from './core.js';
import { mountsOf } from './dialects/registry.js';
import { createSelect } from './dialects/selector.js';
import { shareReceipts } from './commands/receipts/share-receipts.js';
import { createApp } from './http/app.js';
import type { PresenceQueries } from './protocol/rest-deps.js';
import { createHttpServer } from './http/http-server.js';
import { listenOn } from './http/listen.js';
import { createAccountPreferences } from './authentication/account-preferences.js';
import { createPrincipals } from './authentication/principal.js';
import type { SharedRedis, connectRedis } from './redis.js';
import { limitRegistrations } from './limits/registrations.js';
import { createRequestBudgets } from './limits/request-budgets.js';
import { createThrottle, watchThrottle } from './limits/throttle.js';
import { attachUpgrades } from './websocket/upgrade.js';
import { openListsWarning } from './open-lists.js';
import { createRealtime, presenceInProcess, presenceInRedis } from './connections/index.js';
import type { Timings, Realtime } from './connections/index.js';

export { GatewayConfig, realmOf } from './config.js';
export { type Core, coreOver } from './core.js';
export { openListsWarning } from './open-lists.js';
export { writeSampleData } from './sample-data/index.js';

export interface Gateway {
  readonly port: number;
  readonly url: string;
  /** The checks that decide whether this gateway is ready for clients. */
  readonly checks: { readonly authentication: () => Promise<void> };
  /** Accepts no new sockets, sends clients elsewhere, then finishes pending requests. */
  stop(): Promise<void>;
}

export interface GatewayDeps {
  readonly bus: Bus;
  readonly log: Log;
  readonly metrics?: Metrics;
  /** The wall-clock time that decides when tokens expire. Default: the time that auth sends. */
  readonly clock?: () => number;
  /** Monotonic milliseconds. */
  readonly monotonic?: () => number;
  /** Timings that need no configuration; tests shorten some. */
  readonly timings?: Partial<Timings>;
}

/** Resolves when the gateway accepts clients. */
export const startGateway = async (config: GatewayConfig, deps: GatewayDeps): Promise<Gateway> => {
  const { bus, log, metrics = createMetrics('gateway'), monotonic = () => performance.now(), timings = {} } = deps;
  const { limits } = config;
  const budgets = createRequestBudgets(config.requests, {
    refused: () => countThrottled(realtime, 'too_many_requests'),
  });
  const mounts = mountsOf(config);
  const redis = config.redisUrl === undefined ? null : await openRedis(config.redisUrl, log, config.redisTls);
  const limited = createThrottle(redis, { registrationsPerAddress: config.registrationsPerAddress });
  const throttle = watchThrottle(limited, (reason) => countThrottled(realtime, reason));
  const limitedCore = limitRegistrations(coreOver(bus), throttle, budgets);
  const leaseMs = config.presenceLeaseMs;
  const principals = await createPrincipals({
    bus,
    core: limitedCore,
    log,
    monotonic,
    ...(deps.clock && { clock: deps.clock }),
  });
  const presence = redis
    ? presenceInRedis(redis, log, { leaseMs, refreshMs: leaseMs / 5 })
    : // Without Redis the numbers of connections follow auth's time, so that they are comparable across gateways.
      presenceInProcess(principals.now);
  const caller = { kind: 'system' as const, realm: 'main', service: 'gateway' };
  const preferences = await createAccountPreferences({ bus, core: limitedCore, caller, log, clock: principals.now });
  const core = shareReceipts(limitedCore, preferences);
  const deliveryTrackedIn = new Set(
    mounts.filter(({ dialect }) => dialect.socket?.tracksDelivery === 'for_itself').map(({ realm }) => realm),
  );
  const { trustClientSampling } = config;
  const realtime: Realtime = createRealtime(
    { bus, core, principals, log, metrics, presence, preferences, clock: monotonic },
    { limits, accountBudget: budgets.account, deliveryTrackedIn, trustClientSampling, timings },
  );
  const { execute } = realtime;
  const presenceQueries: PresenceQueries = {
    online: (realm, ids) => presence.online(realm, ids),
    pages: (realm) => presence.pages(realm),
    ofChannel: (channelId, principal) => realtime.presence.ofChannel(channelId, principal),
  };
  const { trustedProxies, corsOrigins, sampleData } = config;
  const { bodyBytesMax } = limits;
  const app = createApp(
    { core, execute, principals, throttle, budgets, presence: presenceQueries, log, metrics },
    { mounts, trustedProxies, corsOrigins, sampleData, bodyBytesMax, trustClientSampling },
  );
  const server = createHttpServer(serverTimes, app);
  const upgrades = attachUpgrades(server, { realtime, select: createSelect(mounts), limits, log, trustedProxies });

  let draining = false;
  metrics.gauge('parley_draining', '1 while this gateway sends its clients elsewhere', {
    read: () => Number(draining),
  });
  if (redis)
    metrics.gauge('parley_redis_connected', '1 while connected to Redis', {
      read: () => Number(redis.status === 'ready'),
    });

  const stop = async (): Promise<void> => {
    draining = true;
    upgrades.stopAccepting();
    await realtime.drain({ withinMs: config.drainMs });
    realtime.stop();
    await listening.close();
    principals.stop();
    preferences.stop();
    await presence.stop();
    // Not `quit`: Redis may be unreachable.
    redis?.disconnect();
  };
  await principals.settled(authWithinMs);
  const listening = await listenOn(server, config);
  const { port } = listening;
  const url = `http://${urlHost(config.host)}:${port}`;
  log.info(
    { url, sockets: listening.sockets, mounts: mounts.map(({ dialect }) => dialect.name) },
    'The gateway listens',
  );
  const warning = openListsWarning(config);
  if (warning !== null) log.warn(warning);
  let stopping: Promise<void> | undefined;
  const checks = { authentication: () => principals.canAuthenticate() };
  return { port, url, checks, stop: () => (stopping ??= stop()) };
};

/** The client of Redis is loaded where it is used only: a start without it is shorter. */
const openRedis = async (...how: Parameters<typeof connectRedis>): Promise<SharedRedis> => {
  const { connectRedis } = await import('./redis.js');
  return connectRedis(...how);
};

const countThrottled = (realtime: Realtime, reason: string): void => {
  const { throttled } = realtime.stats().counters;
  if (reason in throttled) throttled[reason as keyof typeof throttled] += 1;
};

/** A client that sends slowly is cut off; an idle keep-alive connection outlives the idle timeout of usual proxies. */
const serverTimes = {
  headersTimeout: 15_000,
  requestTimeout: 30_000,
  keepAliveTimeout: 65_000,
  connectionsCheckingInterval: 5_000,
};

/** All services of a stack start at once; without auth the gateway starts all the same, and answers callers with a fault. */
const authWithinMs = 3_000;
