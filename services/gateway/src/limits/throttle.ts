import { createHash } from 'node:crypto';
import { Fault, foldName, isFault } from '@parley/contracts';
import type { Realm } from '@parley/contracts';
import type { Cluster, Redis } from 'ioredis';
import { RateLimiterRedis } from 'rate-limiter-flexible';
import type { RateLimiterAbstract } from 'rate-limiter-flexible';
import { BoundedMemoryLimiter } from './bounded-memory-limiter.js';
import { clientNetwork } from './client-network.js';
import { createKnownNetworks } from './known-networks.js';
import { createKeyedLimiter } from './keyed-limiter.js';

export interface SignInAttempt {
  readonly realm: Realm;
  readonly login: string;
  readonly address: string;
}

export interface Throttle {
  /**
   * Runs an attempt unless there were too many failures; `rate_limited` then. Failures count for the login from that network, for the
   * network, and (with a much higher limit) for the login from everywhere, so that no client can lock out another user. A network that signed
   * in to that account before is subject to the first limit only. Only attempts that end in `unauthenticated` count, so that a thousand
   * successful ones from one address cost nothing.
   */
  guardSignIn<T>(who: SignInAttempt, attempt: () => Promise<T>): Promise<T>;
  /** `rate_limited` when an address makes accounts faster than a school or a test run would. */
  admitRegistration(address: string): Promise<void>;
}

export interface ThrottleLimits {
  readonly failuresPerLoginAndNetwork: number;
  readonly failuresPerLogin: number;
  readonly failuresPerAddress: number;
  readonly windowSeconds: number;
  readonly registrationsPerAddress: number;
  readonly registrationWindowSeconds: number;
}

const defaults: ThrottleLimits = {
  failuresPerLoginAndNetwork: 10,
  failuresPerLogin: 300,
  failuresPerAddress: 100,
  windowSeconds: 15 * 60,
  registrationsPerAddress: 2_000,
  registrationWindowSeconds: 10 * 60,
};

/** Shared by all gateways through Redis if configured; in process without it and while it is down. */
export const createThrottle = (redis: Redis | Cluster | null, limits: Partial<ThrottleLimits> = {}): Throttle => {
  const { failuresPerLoginAndNetwork, failuresPerLogin, failuresPerAddress, windowSeconds, ...rest } = {
    ...defaults,
    ...limits,
  };
  const byPair = failureCounter('parley:signin:pair', failuresPerLoginAndNetwork, windowSeconds, redis);
  const byLogin = failureCounter('parley:signin:login', failuresPerLogin, windowSeconds, redis);
  const byAddress = failureCounter('parley:signin:address', failuresPerAddress, windowSeconds, redis);
  const known = createKnownNetworks(redis);
  const registrations = limiter(
    {
      keyPrefix: 'parley:register:address',
      points: rest.registrationsPerAddress,
      duration: rest.registrationWindowSeconds,
    },
    redis,
  );
  return {
    async guardSignIn({ realm, login, address }, attempt) {
      const network = clientNetwork(address);
      const loginKey = digest(`${realm}\0${foldName(login)}`);
      const pairKey = digest(`${loginKey}\0${network}`);
      const fromThere = () => byPair(pairKey, attempt);
      // Always in this order, so that two attempts never wait for each other.
      const result = (await known.has(pairKey))
        ? await fromThere()
        : await byAddress(network, () => byLogin(loginKey, fromThere));
      await known.add(pairKey);
      return result;
    },
    async admitRegistration(address) {
      const seen = await registrations.penalty(clientNetwork(address));
      if (seen.consumedPoints > rest.registrationsPerAddress) throw tooManyAccounts(seen.msBeforeNext);
    },
  };
};

/** Reports each attempt that was refused because of too many attempts, or because auth was overloaded. */
export const watchThrottle = (throttle: Throttle, refused: (reason: string) => void): Throttle => {
  const watched = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      if (isFault(error) && error.code === 'rate_limited') refused(error.reason);
      throw error;
    }
  };
  return {
    guardSignIn: (who, attempt) => watched(throttle.guardSignIn(who, attempt)),
    admitRegistration: (address) => watched(throttle.admitRegistration(address)),
  };
};

type Guard = <T>(key: string, attempt: () => Promise<T>) => Promise<T>;

const failureCounter = (keyPrefix: string, points: number, duration: number, redis: Redis | Cluster | null): Guard => {
  const failures = limiter({ keyPrefix, points, duration }, redis);
  const keyedLimiter = createKeyedLimiter(points);
  return (key, attempt) =>
    keyedLimiter(key, async () => {
      const seen = await failures.get(key);
      if (seen && seen.consumedPoints >= points) throw tooMany(seen.msBeforeNext);
      try {
        return await attempt();
      } catch (error) {
        if (isFault(error) && error.code === 'unauthenticated') await failures.penalty(key);
        throw error;
      }
    });
};

const limiter = (
  options: { keyPrefix: string; points: number; duration: number },
  redis: Redis | Cluster | null,
): RateLimiterAbstract => {
  const own = new BoundedMemoryLimiter(options);
  if (!redis) return own;
  return new RateLimiterRedis({ ...options, storeClient: redis, rejectIfRedisNotReady: true, insuranceLimiter: own });
};

/** User names must not be stored in Redis, and a key has a bounded length. */
const digest = (text: string): string => createHash('sha256').update(text).digest('base64url');

const tooMany = (retryAfterMs: number): Fault =>
  new Fault('rate_limited', 'too_many_failures', 'Too many failed attempts; try again later', { retryAfterMs });
const tooManyAccounts = (retryAfterMs: number): Fault =>
  new Fault('rate_limited', 'too_many_accounts', 'Too many new accounts; try again later', { retryAfterMs });
