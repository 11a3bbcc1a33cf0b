import { setImmediate } from 'node:timers/promises';
import type { AccountId, AccountSummary, Realm } from '@parley/contracts';
import type { WhoIsHere } from '../protocol/rest-deps.js';

/** An account that is connected to any gateway. */
export type Present = Pick<AccountSummary, 'id' | 'number' | 'handle' | 'name'>;

/**
 * Which accounts are connected, to any gateway. Nothing here rejects, except `pages` midway: while Redis does not answer, answers come
 * from what this gateway holds.
 */
export interface Presence extends WhoIsHere {
  /** Counts one more receiving connection of the account; resolves when other gateways can see it. */
  enter(realm: Realm, who: Present): Promise<void>;
  /** Counts one less; resolves when other gateways can see it. */
  leave(realm: Realm, id: AccountId): Promise<void>;
  /** Of the connected devices with this handle, the one that registered first. */
  oldestWithHandle(realm: Realm, handle: string): Promise<AccountId | null>;
  /** A number greater than every earlier one, on any gateway: decides which of two connections is the newer one. */
  nextOrder(): Promise<number>;
  /** How many accounts are connected to this gateway. */
  held(): number;
  stop(): Promise<void>;
}

/** How many accounts are read for a page, at least, if there are as many. */
export const presencePage = 500;

interface Held {
  who: Present;
  connections: number;
  /** Grows with each account that enters, so that a list leaves out accounts that entered after it began. */
  readonly order: number;
}

/** What this gateway holds itself. Its changes are transitions: only an account's first and last connection count. */
export class LocalPresence {
  private readonly realms = new Map<Realm, Map<AccountId, Held>>();
  private readonly handles = new Map<string, Present[]>();
  private entered = 0;

  /** true: the account was not present before, or has another name now. */
  enter(realm: Realm, who: Present): boolean {
    const held = this.realms.get(realm) ?? new Map<AccountId, Held>();
    this.realms.set(realm, held);
    const known = held.get(who.id);
    if (!known) {
      held.set(who.id, { who, connections: 1, order: (this.entered += 1) });
      if (hasOwnHandle(who)) this.handles.set(keyOf(realm, who), byAge([...this.behind(realm, who.handle), who]));
      return true;
    }
    const renamed = known.who.name !== who.name;
    known.connections += 1;
    known.who = who;
    return renamed;
  }

  /** Returns the account if its last connection left; null while it has others. */
  leave(realm: Realm, id: AccountId): Present | null {
    const held = this.realms.get(realm);
    const known = held?.get(id);
    if (!held || !known) return null;
    known.connections -= 1;
    if (known.connections > 0) return null;
    held.delete(id);
    this.forgetHandle(realm, known.who);
    if (held.size === 0) this.realms.delete(realm);
    return known.who;
  }

  online(realm: Realm, ids: readonly AccountId[]): Set<AccountId> {
    const held = this.realms.get(realm);
    return new Set(ids.filter((id) => held?.has(id)));
  }

  /** The name with which the account is connected here. */
  nameOf(realm: Realm, id: AccountId): string | undefined {
    return this.realms.get(realm)?.get(id)?.who.name;
  }

  list(realm: Realm): Present[] {
    return [...(this.realms.get(realm)?.values() ?? [])].map(({ who }) => who);
  }

  /**
   * All accounts of a realm in pages (of several devices with one handle, the oldest). Yields to the event loop between pages; a map may
   * change while it is iterated.
   */
  async *pages(realm: Realm): AsyncGenerator<Present[]> {
    const last = this.entered;
    let page: Present[] = [];
    for (const { who, order } of this.realms.get(realm)?.values() ?? []) {
      if (order > last) break;
      if (!this.isOldest(realm, who)) continue;
      page.push(who);
      if (page.length < presencePage) continue;
      yield page;
      page = [];
      await setImmediate();
    }
    if (page.length > 0) yield page;
  }

  /** Devices with this handle, the oldest account first. */
  behind(realm: Realm, handle: string): readonly Present[] {
    return this.handles.get(keyOf(realm, { handle })) ?? [];
  }

  private forgetHandle(realm: Realm, { id, handle }: Present): void {
    const left = this.behind(realm, handle).filter((one) => one.id !== id);
    if (left.length > 0) this.handles.set(keyOf(realm, { handle }), left);
    else this.handles.delete(keyOf(realm, { handle }));
  }

  private isOldest(realm: Realm, { id, handle }: Present): boolean {
    return (this.behind(realm, handle)[0]?.id ?? id) === id;
  }

  get size(): number {
    let size = 0;
    for (const held of this.realms.values()) size += held.size;
    return size;
  }

  held(): Realm[] {
    return [...this.realms.keys()];
  }
}

/** The handle of a person's account is the account's id. */
const hasOwnHandle = ({ id, handle }: Present): boolean => handle !== id;
const keyOf = (realm: Realm, { handle }: Pick<Present, 'handle'>): string => `${realm} ${handle}`;
const byAge = (some: Present[]): Present[] => some.sort((one, other) => one.number - other.number);

/** Based on epoch milliseconds, so that numbers keep growing across restarts and beside gateways of 0.1.0. */
export const localOrder = (): ((atLeast: number) => number) => {
  let last = 0;
  return (atLeast) => (last = Math.max(last + 1, Math.floor(atLeast)));
};

/** For a single gateway: standalone, or without Redis. `clock`: epoch milliseconds, as equal on all gateways as possible. */
export const presenceInProcess = (clock = () => performance.timeOrigin + performance.now()): Presence => {
  const local = new LocalPresence();
  const order = localOrder();
  return {
    nextOrder: async () => order(clock()),
    enter: async (realm, who) => void local.enter(realm, who),
    leave: async (realm, id) => void local.leave(realm, id),
    online: async (realm, ids) => local.online(realm, ids),
    oldestWithHandle: async (realm, handle) => local.behind(realm, handle)[0]?.id ?? null,
    pages: (realm) => local.pages(realm),
    held: () => local.size,
    stop: async () => undefined,
  };
};
