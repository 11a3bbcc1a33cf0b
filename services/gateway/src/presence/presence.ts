import type { AccountId, Realm } from '@parley/contracts';
import type { WhoIsHere } from '../protocol/rest-deps.js';
import type { AccountState, Present, Standing, Transition } from './account-state.js';
import { LocalPresence } from './local-presence.js';
import { LocalStates } from './local-states.js';

export type { AccountState, Present, Standing, Transition } from './account-state.js';

/**
 * Which accounts are connected, to any gateway. Nothing here rejects, except `pages` midway: while Redis does not answer, answers come
 * from what this gateway holds. `online` and `pages` leave out invisible accounts.
 *
 * Connections count at once; the state of an account changes only when `settle` finds it different, so that the caller decides how long
 * an account may be gone before others receive that.
 */
export interface Presence extends WhoIsHere {
  /** Counts one more receiving connection of the account; resolves when other gateways can see it. */
  enter(realm: Realm, who: Present, options?: { readonly invisible?: boolean }): Promise<void>;
  /** Counts one less; resolves when other gateways can see it. `away`: the connection was. */
  leave(realm: Realm, id: AccountId, options?: { readonly away?: boolean }): Promise<void>;
  /** One connection of the account at this gateway became away, or is not any more. */
  setAway(realm: Realm, id: AccountId, away: boolean): Promise<void>;
  setInvisible(realm: Realm, id: AccountId, invisible: boolean): Promise<void>;
  /** Of the connections to this gateway; null: there are none. */
  standing(realm: Realm, id: AccountId): Standing | null;
  /** The subset of the accounts that is connected, invisible ones included. */
  connected(realm: Realm, ids: readonly AccountId[]): Promise<Set<AccountId>>;
  /** Compares the states of these accounts with those that were published last, over all gateways, and reports those that differ. */
  settle(realm: Realm, ids: readonly AccountId[]): Promise<void>;
  /**
   * The states of these accounts. An account is left out while it is not known whether it is connected: for some seconds after Redis was
   * lost, until all gateways have written again what they hold.
   */
  states(realm: Realm, ids: readonly AccountId[]): Promise<Map<AccountId, AccountState>>;
  /** Another gateway reported a transition. */
  receive(transition: Transition): void;
  /** Receives what `settle` found, and what was found when another gateway was gone. */
  onTransition(listener: (transition: Transition) => void): void;
  /** Called when what others know may be wrong: Redis was lost, and all gateways have written again. */
  onHealed(listener: () => void): void;
  /** Of the connected devices with this handle, the one that registered first. */
  oldestWithHandle(realm: Realm, handle: string): Promise<AccountId | null>;
  /** A number greater than every earlier one, on any gateway: decides which of two connections is the newer one. */
  nextOrder(): Promise<number>;
  /** How many accounts are connected to this gateway. */
  held(): number;
  stop(): Promise<void>;
}

/** Based on epoch milliseconds, so that numbers keep growing across restarts and beside gateways of 0.1.0. */
export const localOrder = (): ((atLeast: number) => number) => {
  let last = 0;
  return (atLeast) => (last = Math.max(last + 1, Math.floor(atLeast)));
};

/** For a single gateway: standalone, or without Redis. `clock`: epoch milliseconds, as equal on all gateways as possible. */
export const presenceInProcess = (clock = () => performance.timeOrigin + performance.now()): Presence => {
  const local = new LocalPresence();
  const states = new LocalStates();
  const listeners = new Set<(transition: Transition) => void>();
  const order = localOrder();
  const version = localOrder();
  const times = { now: () => Math.floor(clock()), version: () => version(clock()) };
  return {
    nextOrder: async () => order(clock()),
    enter: async (realm, who, { invisible } = {}) => void local.enter(realm, who, invisible),
    leave: async (realm, id, { away } = {}) => void local.leave(realm, id, away),
    setAway: async (realm, id, away) => void local.setAway(realm, id, away),
    setInvisible: async (realm, id, invisible) => void local.setInvisible(realm, id, invisible),
    standing: (realm, id) => local.standing(realm, id),
    connected: async (realm, ids) => local.connected(realm, ids),
    online: async (realm, ids) => local.online(realm, ids),
    async settle(realm, ids) {
      for (const id of ids) {
        const transition = states.settle({ realm, id }, local.standing(realm, id), times);
        if (transition) for (const listener of listeners) listener(transition);
      }
    },
    states: async (realm, ids) => new Map(ids.map((id) => [id, states.stateOf(realm, id)])),
    receive({ realm, accountId, ...state }) {
      version(state.version);
      if (local.standing(realm, accountId) !== null) states.set(realm, accountId, state);
    },
    onTransition: (listener) => void listeners.add(listener),
    onHealed: () => undefined,
    oldestWithHandle: async (realm, handle) => local.behind(realm, handle)[0]?.id ?? null,
    pages: (realm) => local.pages(realm),
    held: () => local.size,
    stop: async () => undefined,
  };
};
