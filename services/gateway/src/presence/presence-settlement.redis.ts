import { setTimeout as sleep } from 'node:timers/promises';
import type { AccountId, Realm } from '@parley/contracts';
import type { Log } from '@parley/runtime';
import type { LocalPresence } from './local-presence.js';
import { LocalStates } from './local-states.js';
import type { Lease } from './presence-leases.redis.js';
import type { PublishedStates, Settled } from './presence-states.redis.js';
import { localOrder } from './presence.js';
import type { AccountState, Transition } from './presence.js';

const chunkMax = 500;
/** Between two parts of what a gateway settles at once, so that a Redis that lost everything is not overrun. */
const pauseMs = 20;

interface SettlementDeps {
  readonly published: PublishedStates;
  readonly log: Log;
  readonly local: LocalPresence;
  readonly lease: Lease;
  /** Whether Redis has what this gateway holds in the realm. */
  isWritten(realm: Realm): Promise<boolean>;
  asked<T>(question: () => Promise<T>, without: T): Promise<T>;
  /** Epoch milliseconds. */
  now(): number;
  readonly refreshMs: number;
}

/**
 * The published states of accounts: in Redis, compared there in one step, so that of several gateways one finds a transition. While Redis
 * does not answer, a gateway compares with what it last knew of its own accounts, and repeats that later.
 */
export const createSettlement = (deps: SettlementDeps) => {
  const { published, log, local, lease, isWritten, asked, now, refreshMs } = deps;
  const own = new LocalStates();
  const order = localOrder();
  const times = { now: () => Math.floor(now()), version: () => order(now()) };
  const listeners = new Set<(transition: Transition) => void>();
  const healed = new Set<() => void>();
  /** Accounts that were compared without Redis. */
  const unsettled = new Map<Realm, Set<AccountId>>();
  /** Runs while what Redis does not have is unknown. */
  let trusting: NodeJS.Timeout | null = null;

  const report = (transition: Transition): void => {
    for (const listener of listeners) listener(transition);
  };
  const note = (realm: Realm, { id, changed, ...state }: Settled): void => {
    if (local.standing(realm, id) === null) own.forget(realm, id);
    else own.set(realm, id, state);
    if (changed) report({ realm, accountId: id, ...state });
  };
  const postpone = (realm: Realm, ids: readonly AccountId[]): void => {
    const waiting = unsettled.get(realm) ?? new Set<AccountId>();
    unsettled.set(realm, waiting);
    for (const id of ids) waiting.add(id);
  };
  const settleAlone = (realm: Realm, ids: readonly AccountId[]): void => {
    postpone(realm, ids);
    for (const id of ids) {
      const transition = own.settle({ realm, id }, local.standing(realm, id), times);
      if (transition) report(transition);
    }
  };
  const settle = async (realm: Realm, ids: readonly AccountId[]): Promise<void> => {
    for (let at = 0; at < ids.length; at += chunkMax) {
      const chunk = ids.slice(at, at + chunkMax);
      const written = await isWritten(realm);
      const settled = written ? await asked(() => published.settle(realm, chunk), null) : null;
      if (settled === null) settleAlone(realm, chunk);
      else for (const one of settled) note(realm, one);
      if (at + chunkMax < ids.length) await sleep(pauseMs, undefined, { ref: false });
    }
    if (!local.held().includes(realm)) await asked(() => lease.leave(realm), 0);
  };
  const trust = (): void => {
    trusting = null;
    for (const listener of healed) listener();
  };

  return {
    settle,
    /** Everything that this gateway holds in the realm was written anew: it may have been taken for dead, or Redis lost all. */
    rewritten: (realm: Realm): void =>
      postpone(
        realm,
        local.list(realm).map(({ who }) => who.id),
      ),
    async retry(): Promise<void> {
      for (const [realm, ids] of [...unsettled]) {
        unsettled.delete(realm);
        await settle(realm, [...ids]);
      }
    },
    /** Publishes who is gone with gateways whose leases ended. */
    async sweep(realm: Realm): Promise<void> {
      const dead = await lease.dead(realm);
      if (!dead) return;
      log.info({ realm, gateways: dead.gateways }, 'Gateways are gone; what they held is compared');
      for await (const ids of published.accounts(realm))
        for (const one of await published.settle(realm, ids, dead.lastAlive)) note(realm, one);
      await lease.bury(realm, dead.gateways);
    },
    async states(realm: Realm, ids: readonly AccountId[]): Promise<Map<AccountId, AccountState>> {
      const states = new Map<AccountId, AccountState>();
      const isTrusted = trusting === null;
      for (let at = 0; at < ids.length; at += chunkMax) {
        const chunk = ids.slice(at, at + chunkMax);
        const known = await asked(() => published.read(realm, chunk, ids.length <= chunkMax), null);
        for (const id of chunk) {
          const state = known?.get(id);
          const held = own.published(realm, id);
          if (held && (!state || state.version < held.version)) states.set(id, held);
          else if (state && (isTrusted || state.state !== 'offline')) states.set(id, state);
        }
      }
      return states;
    },
    receive({ realm, accountId, ...state }: Transition): void {
      order(state.version);
      if (local.standing(realm, accountId) !== null) own.set(realm, accountId, state);
    },
    onTransition: (listener: (transition: Transition) => void): void => void listeners.add(listener),
    onHealed: (listener: () => void): void => void healed.add(listener),
    /** Redis may have lost everything: what is not there is unknown until all gateways have had the time to write. */
    reconnected(): void {
      if (trusting) clearTimeout(trusting);
      trusting = setTimeout(trust, refreshMs + 1_000).unref();
    },
    /** Realms with accounts that were not compared with Redis yet. */
    pending: (): Realm[] => [...unsettled.keys()],
    stop(): void {
      if (trusting) clearTimeout(trusting);
    },
  };
};
