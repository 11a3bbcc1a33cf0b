import { LRUCache } from 'lru-cache';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import type { IRateLimiterOptions, RateLimiterRes } from 'rate-limiter-flexible';

const keysMax = 50_000;

/** Counts in memory as `RateLimiterMemory` does, for a bounded number of keys: beyond, the one that was not counted for longest is forgotten. */
export class BoundedMemoryLimiter extends RateLimiterMemory {
  private readonly known: LRUCache<string, true>;

  constructor(options: IRateLimiterOptions, max = keysMax) {
    super(options);
    this.known = new LRUCache({
      max,
      dispose: (_value, key, reason) => {
        if (reason === 'evict') void this.delete(key);
      },
    });
  }

  override penalty(key: string | number, points?: number, options?: Record<string, unknown>): Promise<RateLimiterRes> {
    this.known.set(String(key), true);
    return super.penalty(key, points, options);
  }
}
