import type { AccountId } from '@parley/contracts';
import { Fault } from '@parley/contracts';
import { atMost } from '@parley/runtime';
import { LRUCache } from 'lru-cache';
import { clientNetwork, isLoopback } from './client-network.js';

export interface BudgetRate {
  readonly perSecond: number;
  readonly burst: number;
}

interface Bucket {
  tokens: number;
  refilledAt: number;
}

/** The number of keys that one budget remembers; beyond it the least recently used key is evicted, and starts with a full budget again. */
const keysMax = 50_000;
/** How often keys are looked through. */
const forgetEveryMs = { min: 1_000, max: 60_000 } as const;

/** Token buckets by key; one that is full again is forgotten. The clock is monotonic, in milliseconds. */
export class TokenBuckets {
  private readonly buckets: LRUCache<string, Bucket>;
  private forgetting: NodeJS.Timeout | null = null;

  constructor(
    private readonly rate: BudgetRate,
    private readonly clock: () => number = () => performance.now(),
    max = keysMax,
  ) {
    this.buckets = new LRUCache(atMost(max));
  }

  get size(): number {
    return this.buckets.size;
  }

  /** null: a token was taken. Otherwise the milliseconds until there is one; nothing was taken. */
  take(key: string): number | null {
    const bucket = this.bucketOf(key);
    if (bucket.tokens < 1) return Math.ceil(((1 - bucket.tokens) * 1_000) / this.rate.perSecond);
    bucket.tokens -= 1;
    return null;
  }

  /** Returns a token for a request that turned out to be free. */
  giveBack(key: string): void {
    const bucket = this.buckets.peek(key);
    if (bucket) bucket.tokens = Math.min(bucket.tokens + 1, this.rate.burst);
  }

  private bucketOf(key: string): Bucket {
    const now = this.clock();
    const bucket = this.buckets.get(key);
    if (!bucket) {
      const fresh = { tokens: this.rate.burst, refilledAt: now };
      this.buckets.set(key, fresh);
      this.forgetLater();
      return fresh;
    }
    bucket.tokens = this.tokensOf(bucket, now);
    bucket.refilledAt = now;
    return bucket;
  }

  private tokensOf({ tokens, refilledAt }: Bucket, now: number): number {
    return Math.min(tokens + ((now - refilledAt) * this.rate.perSecond) / 1_000, this.rate.burst);
  }

  /** After the time in which an empty bucket fills, and again as long as there are any. */
  private forgetLater(): void {
    const fullAfterMs = (this.rate.burst / this.rate.perSecond) * 1_000;
    const { min, max } = forgetEveryMs;
    this.forgetting ??= setTimeout(
      () => {
        this.forgetting = null;
        this.forgetFull();
        if (this.buckets.size > 0) this.forgetLater();
      },
      Math.min(Math.max(fullAfterMs, min), max),
    ).unref();
  }

  private forgetFull(): void {
    const now = this.clock();
    for (const [key, bucket] of this.buckets.entries())
      if (this.tokensOf(bucket, now) >= this.rate.burst) this.buckets.delete(key);
  }
}

/** The request budgets of one gateway; docs/adr/0016-request-budgets-of-one-gateway.md. */
export interface RequestBudgets {
  /** Requests and frames of an account, over REST and all its sockets. */
  readonly account: TokenBuckets;
  /** Throws `rate_limited` `too_many_requests` when the account has used up its budget. */
  chargeAccount(accountId: AccountId): void;
  /** The same for the network of a client address; loopback is not counted. */
  chargeAddress(address: string): void;
  /** The same for operations that store something in auth: tokens, refreshed tokens, tickets. */
  chargeCredentials(address: string): void;
}

export interface RequestLimits {
  readonly account: BudgetRate;
  readonly address: BudgetRate;
  readonly credentials: BudgetRate;
}

export const createRequestBudgets = (
  limits: RequestLimits,
  { refused, clock }: { readonly refused?: () => void; readonly clock?: () => number } = {},
): RequestBudgets => {
  const account = new TokenBuckets(limits.account, clock);
  const address = new TokenBuckets(limits.address, clock);
  const credentials = new TokenBuckets(limits.credentials, clock);
  const charge = (buckets: TokenBuckets, key: string): void => {
    const retryAfterMs = buckets.take(key);
    if (retryAfterMs === null) return;
    refused?.();
    throw tooManyRequests(retryAfterMs);
  };
  // A loopback peer is the operator's own, or a proxy that is not configured as trusted: then its address does not identify its clients.
  const chargeNetwork = (buckets: TokenBuckets, from: string): void => {
    if (!isLoopback(from)) charge(buckets, clientNetwork(from));
  };
  return {
    account,
    chargeAccount: (accountId) => charge(account, accountId),
    chargeAddress: (from) => chargeNetwork(address, from),
    chargeCredentials: (from) => chargeNetwork(credentials, from),
  };
};

const tooManyRequests = (retryAfterMs: number): Fault =>
  new Fault('rate_limited', 'too_many_requests', 'Too many requests; try again later', { retryAfterMs });
