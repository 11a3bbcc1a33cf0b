import type { AccountId, Realm } from '@parley/contracts';
import { atMost } from '@parley/runtime';
import { LRUCache } from 'lru-cache';
import type { AccountState, Standing, Transition } from './account-state.js';

const seenMax = 100_000;
/** How long it is known when an account was last connected. */
export const seenKeptMs = 30 * 24 * 60 * 60 * 1_000;

/** Published states of the accounts that one process holds, and when others were last connected. */
export class LocalStates {
  private readonly realms = new Map<Realm, Map<AccountId, AccountState>>();
  private readonly seen = new LRUCache<string, number>({ ...atMost(seenMax), ttl: seenKeptMs });

  /** The account as others see it by its connections here; returns the transition if that differs from what was published. */
  settle(
    { realm, id }: { readonly realm: Realm; readonly id: AccountId },
    standing: Standing | null,
    { now, version }: { now(): number; version(): number },
  ): Transition | null {
    const state = visibleState(standing);
    if (state === (this.published(realm, id)?.state ?? 'offline')) return null;
    const lastSeenAt = state === 'offline' ? now() : null;
    if (lastSeenAt !== null) this.seen.set(`${realm} ${id}`, lastSeenAt);
    const settled = { state, version: version(), lastSeenAt };
    this.set(realm, id, settled);
    return { realm, accountId: id, ...settled };
  }

  published(realm: Realm, id: AccountId): AccountState | undefined {
    return this.realms.get(realm)?.get(id);
  }

  stateOf(realm: Realm, id: AccountId): AccountState {
    const known = this.published(realm, id);
    return known ?? { state: 'offline', version: 0, lastSeenAt: this.seen.get(`${realm} ${id}`) ?? null };
  }

  set(realm: Realm, id: AccountId, state: AccountState): void {
    if (state.state === 'offline') return this.forget(realm, id);
    const states = this.realms.get(realm) ?? new Map<AccountId, AccountState>();
    this.realms.set(realm, states.set(id, state));
  }

  forget(realm: Realm, id: AccountId): void {
    const states = this.realms.get(realm);
    states?.delete(id);
    if (states?.size === 0) this.realms.delete(realm);
  }
}

const visibleState = (standing: Standing | null): 'online' | 'away' | 'offline' =>
  standing === null || standing === 'invisible' ? 'offline' : standing;
