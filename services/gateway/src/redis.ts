import { readFileSync } from 'node:fs';
import type { ConnectionOptions } from 'node:tls';
import type { Log, TlsFiles } from '@parley/runtime';
import { Redis } from 'ioredis';

/**
 * A connection that never blocks a caller: commands fail at once while it is down and soon when it hangs, and it reconnects by itself. The
 * data there is shared and short-lived; every caller has a fallback without it. A `rediss:` URL or `tls` enables TLS.
 */
export const connectRedis = (url: string, log: Log, tls?: TlsFiles): Redis => {
  const redis = new Redis(url, {
    ...(tls && { tls: readAtEachConnection(tls) }),
    lazyConnect: true,
    enableOfflineQueue: false,
    commandTimeout: 200,
    connectTimeout: 2_000,
    maxRetriesPerRequest: 0,
    retryStrategy: (attempt) => Math.min(50 * 2 ** attempt, 2_000) * (0.5 + Math.random() / 2),
  });
  const place = `Redis at ${redis.options.host}:${redis.options.port}`;
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
  redis.connect().catch(() => undefined); // Reported through 'error'; the strategy above retries.
  return redis;
};

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
