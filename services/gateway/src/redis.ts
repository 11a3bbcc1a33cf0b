import { readFileSync } from 'node:fs';
import type { ConnectionOptions } from 'node:tls';
import type { Log, TlsFiles } from '@parley/runtime';
import { Cluster, Redis } from 'ioredis';
import type { CommonRedisOptions } from 'ioredis';
import { type RedisTarget, redisTarget } from './redis-url.js';

/** One server, the master behind Sentinels, or a cluster. */
export type SharedRedis = Redis | Cluster;

/** Jittered, and never given up. */
const waitMs = (attempt: number): number => Math.min(50 * 2 ** attempt, 2_000) * (0.5 + Math.random() / 2);

/**
 * A connection that never blocks a caller: commands fail at once while it is down and soon when it hangs, and it reconnects by itself. The
 * data there is shared and short-lived; every caller has a fallback without it. A `rediss:` URL or `tls` enables TLS; with
 * `redis+sentinel:` it follows the master, with `redis+cluster:` the slots. Throws for an invalid URL.
 */
export const connectRedis = (url: string, log: Log, tls?: TlsFiles): SharedRedis => {
  const target = redisTarget(url);
  if (target === null) throw new Error('REDIS_URL is not usable');
  const redis = open(target, tls);
  const place = `Redis at ${target.hosts.map(({ host, port }) => `${host}:${port}`).join(', ')}`;
  let state: 'new' | 'up' | 'down' = 'new';
  redis.on('error', ({ message: reason }: Error) => {
    // Once per outage: the client reports every attempt.
    if (state !== 'down')
      log.warn(
        { reason },
        `${state === 'new' ? `Waiting for ${place}` : `${place} is not reachable`}; throttles and presence are per process meanwhile`,
      );
    state = 'down';
  });
  redis.on('ready', () => {
    if (state === 'down') log.warn(`${place} answers`);
    state = 'up';
  });
  redis.connect().catch(() => undefined); // Reported through 'error'; the strategies above retry.
  return redis;
};

const open = (target: RedisTarget, tls: TlsFiles | undefined): SharedRedis => {
  const { kind, hosts, db, username, password, master = '', sentinelPassword } = target;
  const secured = tls ? readAtEachConnection(tls) : target.tls ? {} : undefined;
  const options = {
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(secured && { tls: secured }),
    commandTimeout: 200,
    connectTimeout: 2_000,
  } satisfies CommonRedisOptions;
  if (kind === 'cluster')
    return new Cluster([...hosts], {
      redisOptions: options,
      lazyConnect: true,
      enableOfflineQueue: false,
      clusterRetryStrategy: waitMs,
      // A master that is gone is noticed by its commands; the slots are read again soon.
      slotsRefreshInterval: 5_000,
      slotsRefreshTimeout: 2_000,
    });
  const [{ host, port } = { host: '127.0.0.1', port: 6_379 }] = hosts;
  return new Redis({
    ...options,
    lazyConnect: true,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    retryStrategy: waitMs,
    ...(kind === 'single' ? { host, port, db } : sentinelsOf(hosts, { name: master, secured, sentinelPassword })),
  });
};

const sentinelsOf = (
  hosts: RedisTarget['hosts'],
  {
    name,
    secured,
    sentinelPassword,
  }: { name: string; secured: ConnectionOptions | undefined; sentinelPassword?: string | undefined },
) => ({
  sentinels: [...hosts],
  name,
  role: 'master' as const,
  ...(sentinelPassword !== undefined && { sentinelPassword }),
  ...(secured && { sentinelTLS: secured, enableTLSForSentinelMode: true }),
  sentinelRetryStrategy: waitMs,
  // A master that Sentinels replaced while its connection stayed open is left when they say so, and when it refuses a write.
  failoverDetector: true,
  reconnectOnError: ({ message }: Error) => message.startsWith('READONLY'),
});

/** The client copies these options when it connects: renewed certificates need no restart. */
const readAtEachConnection = (files: TlsFiles): ConnectionOptions => {
  const [ca, cert, key] = [files.caFile, files.certFile, files.keyFile].map(lastReadable);
  return {
    get ca() {
      return ca?.();
    },
    get cert() {
      return cert?.();
    },
    get key() {
      return key?.();
    },
  };
};

const lastReadable = (file: string | undefined): (() => Buffer) | undefined => {
  if (file === undefined) return undefined;
  let content = readFileSync(file);
  return () => {
    try {
      content = readFileSync(file);
    } catch {
      // The file is being replaced: the next connection reads the new one.
    }
    return content;
  };
};
