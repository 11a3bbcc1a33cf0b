import type { Log } from '@parley/runtime';
import { Redis } from 'ioredis';

/**
 * A connection that never makes anybody wait: commands fail at once while it is down and soon when it hangs, and it
 * comes back on its own. What is kept there is shared and short-lived; whoever uses it has an answer without it.
 */
export const connectRedis = (url: string, log: Log): Redis => {
  const redis = new Redis(url, {
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
  redis.connect().catch(() => undefined); // Told through 'error'; tried again by the strategy above.
  return redis;
};
