import type { Cluster, Redis } from 'ioredis';
import { atMost } from '@parley/runtime';
import { LRUCache } from 'lru-cache';

/** Which networks signed in to which accounts, under keys that reveal neither. */
export interface KnownNetworks {
  has(key: string): Promise<boolean>;
  add(key: string): Promise<void>;
}

const keptSeconds = 30 * 24 * 60 * 60;
const keptMax = 100_000;

/**
 * Shared by all gateways through Redis if configured. Without Redis, and while it is down, a gateway remembers the last 100,000 of its own.
 */
export const createKnownNetworks = (redis: Redis | Cluster | null): KnownNetworks => {
  const own = new LRUCache<string, true>({ ...atMost(keptMax), ttl: keptSeconds * 1_000 });
  const shared = async <T>(ask: (ready: Redis | Cluster) => Promise<T>, otherwise: T): Promise<T> => {
    if (redis?.status !== 'ready') return otherwise;
    try {
      return await ask(redis);
    } catch {
      // The connection logs its own failures; an unknown network only means that the stricter limits apply.
      return otherwise;
    }
  };
  return {
    has: async (key) => own.has(key) || (await shared((ready) => ready.exists(redisKey(key)), 0)) > 0,
    async add(key) {
      if (own.has(key)) return;
      own.set(key, true);
      await shared((ready) => ready.set(redisKey(key), '1', 'EX', keptSeconds), null);
    },
  };
};

const redisKey = (key: string): string => `parley:signin:known:${key}`;
