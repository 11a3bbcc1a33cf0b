import { atMost } from '@parley/runtime';
import { LRUCache } from 'lru-cache';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import type { IRateLimiterOptions } from 'rate-limiter-flexible';

const keysMax = 50_000;

/**
 * Counts in memory as `RateLimiterMemory` does, with durations of a monotonic clock, for a bounded number of keys: beyond the limit it
 * evicts the least recently counted key.
 */
export class BoundedMemoryLimiter extends RateLimiterMemory {
  private readonly storage: MonotonicStorage;

  constructor(options: IRateLimiterOptions, max = keysMax, clock = () => performance.now()) {
    super(options);
    this.storage = new MonotonicStorage(max, clock);
    // The library's own storage measures durations in wall-clock time, and has no option to replace it.
    Object.assign(this, { _memoryStorage: this.storage });
  }

  get size(): number {
    return this.storage.size;
  }
}

interface Count {
  points: number;
  /** A time of the clock; Infinity: never. */
  readonly endsAt: number;
}

/** The storage interface of `RateLimiterMemory`; durations are seconds, 0 means forever. */
class MonotonicStorage {
  private readonly counts: LRUCache<string, Count>;

  constructor(
    max: number,
    private readonly clock: () => number,
  ) {
    this.counts = new LRUCache(atMost(max));
  }

  get size(): number {
    return this.counts.size;
  }

  incrby(key: string, points: number, seconds: number): RateLimiterRes {
    const count = this.counts.get(key);
    if (count === undefined || count.endsAt <= this.clock()) return this.set(key, points, seconds);
    count.points += points;
    return this.resultOf(count, false);
  }

  set(key: string, points: number, seconds: number): RateLimiterRes {
    const count = { points, endsAt: seconds > 0 ? this.clock() + seconds * 1_000 : Infinity };
    this.counts.set(key, count);
    return this.resultOf(count, true);
  }

  get(key: string): RateLimiterRes | null {
    const count = this.counts.peek(key);
    return count === undefined || count.endsAt <= this.clock() ? null : this.resultOf(count, false);
  }

  delete(key: string): boolean {
    return this.counts.delete(key);
  }

  private resultOf({ points, endsAt }: Count, isFirst: boolean): RateLimiterRes {
    return new RateLimiterRes(0, endsAt === Infinity ? -1 : endsAt - this.clock(), points, isFirst);
  }
}
