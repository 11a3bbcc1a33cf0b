import { createPublicKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { Fault, isFault, deadlineIn } from '@parley/contracts';
import type { Jwk, Principal } from '@parley/contracts';
import type { Log } from '@parley/runtime';
import type { z } from 'zod';
import type { Core } from '../core.js';
import type { IssuerClock } from './issuer-clock.js';

export type PublicKey = z.output<typeof Jwk>;
export interface JsonWebKeySet {
  readonly keys: readonly PublicKey[];
}

export interface TokenKeys {
  /** The key with that id, or null when auth has none. `unavailable` while that is unknown. */
  find(kid: string): Promise<KeyObject | null>;
  /** The last valid set; `unavailable` when there never was one. */
  published(): Promise<JsonWebKeySet>;
  stop(): void;
}

const refreshMs = 5 * 60_000;
/** An unknown id triggers a fetch at most this often, so that forged ids cost nothing. */
const unknownKidPauseMs = 5_000;
/** While there is no set at all, a failed fetch is repeated only after this time. */
const failurePauseMs = 250;
/** Within the second in which a client is promised a response. */
const fetchDeadlineMs = 800;

export const createTokenKeys = (deps: {
  readonly core: Core;
  readonly caller: Principal;
  readonly log: Log;
  readonly issuerClock: Pick<IssuerClock, 'learn'>;
  /** Monotonic milliseconds. */
  readonly clock: () => number;
}): TokenKeys => {
  const { core, caller, log, clock, issuerClock } = deps;
  let byKid = new Map<string, KeyObject>();
  let last: JsonWebKeySet | null = null;
  let fetching: Promise<void> | null = null;
  let attempted: { readonly at: number; readonly failure: Fault | null } | null = null;

  const fetchOnce = async (): Promise<void> => {
    try {
      const askedAt = performance.now();
      const { now, keys } = await core.auth.token.keys(
        {},
        { principal: caller, deadline: deadlineIn(fetchDeadlineMs) },
      );
      issuerClock.learn(now, askedAt);
      byKid = new Map(keys.map((key) => [key.kid, createPublicKey({ key, format: 'jwk' })]));
      last = { keys };
      attempted = { at: clock(), failure: null };
    } catch (error) {
      const failure = unavailableKeys(error);
      attempted = { at: clock(), failure };
      log.warn(
        { reason: isFault(error) ? error.reason : 'bad_keys' },
        'The key set of access tokens could not be fetched',
      );
    } finally {
      fetching = null;
    }
  };
  const fetch = (pauseMs: number): Promise<void> => {
    if (fetching) return fetching;
    if (attempted && clock() - attempted.at < pauseMs) return Promise.resolve();
    fetching = fetchOnce();
    return fetching;
  };
  const ensure = async (): Promise<JsonWebKeySet> => {
    if (!last) await fetch(failurePauseMs);
    if (!last) throw attempted?.failure ?? unavailableKeys(undefined);
    return last;
  };

  const timer = setInterval(() => void fetch(0), refreshMs).unref();
  void fetch(0);

  return {
    async find(kid) {
      const known = byKid.get(kid);
      if (known) return known;
      await ensure();
      if (!byKid.has(kid)) await fetch(unknownKidPauseMs);
      const found = byKid.get(kid) ?? null;
      // While auth is unavailable, an unknown key may be a new one, so it is not invalid.
      if (!found && attempted?.failure) throw attempted.failure;
      return found;
    },
    published: ensure,
    stop: () => clearInterval(timer),
  };
};

const unavailableKeys = (cause: unknown): Fault =>
  new Fault('unavailable', 'keys_unavailable', 'Tokens cannot be checked right now', { cause, retryAfterMs: 1_000 });
