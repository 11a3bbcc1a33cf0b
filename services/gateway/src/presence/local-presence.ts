import { setImmediate } from 'node:timers/promises';
import type { AccountId, Realm } from '@parley/contracts';
import type { Present, Standing } from './account-state.js';

/** How many accounts are read for a page, at least, if there are as many. */
export const presencePage = 500;

interface Held {
  who: Present;
  connections: number;
  /** How many of the connections are away. */
  away: number;
  invisible: boolean;
  /** Grows with each account that enters, so that a list leaves out accounts that entered after it began. */
  readonly order: number;
}

/** An account whose standing or name changed; `as` null: it left. */
export interface LocalChange {
  readonly who: Present;
  readonly as: Standing | null;
}

/** What this gateway holds itself. Methods that change it return what others have to know, or null if that is nothing. */
export class LocalPresence {
  private readonly realms = new Map<Realm, Map<AccountId, Held>>();
  /** The devices with a handle, the oldest account first; one alone is not in a list. */
  private readonly handles = new Map<Realm, Map<string, Present | readonly Present[]>>();
  private entered = 0;

  enter(realm: Realm, who: Present, invisible = false): LocalChange | null {
    const held = this.realms.get(realm) ?? new Map<AccountId, Held>();
    this.realms.set(realm, held);
    const known = held.get(who.id);
    if (known) {
      const renamed = known.who.name !== who.name;
      known.who = who;
      return this.changed(known, () => void (known.connections += 1)) ?? (renamed ? changeOf(known) : null);
    }
    const entered: Held = { who, connections: 1, away: 0, invisible, order: (this.entered += 1) };
    held.set(who.id, entered);
    if (hasOwnHandle(who)) this.setBehind(realm, who.handle, byAge([...this.behind(realm, who.handle), who]));
    return changeOf(entered);
  }

  leave(realm: Realm, id: AccountId, away = false): LocalChange | null {
    const held = this.realms.get(realm);
    const known = held?.get(id);
    if (!held || !known) return null;
    const change = this.changed(known, () => {
      known.connections -= 1;
      if (away) known.away -= 1;
    });
    if (known.connections > 0) return change;
    held.delete(id);
    this.forgetHandle(realm, known.who);
    if (held.size === 0) this.realms.delete(realm);
    return { who: known.who, as: null };
  }

  setAway(realm: Realm, id: AccountId, away: boolean): LocalChange | null {
    const known = this.realms.get(realm)?.get(id);
    return known ? this.changed(known, () => void (known.away += away ? 1 : -1)) : null;
  }

  setInvisible(realm: Realm, id: AccountId, invisible: boolean): LocalChange | null {
    const known = this.realms.get(realm)?.get(id);
    return known ? this.changed(known, () => void (known.invisible = invisible)) : null;
  }

  standing(realm: Realm, id: AccountId): Standing | null {
    const known = this.realms.get(realm)?.get(id);
    return known ? standingOf(known) : null;
  }

  connected(realm: Realm, ids: readonly AccountId[]): Set<AccountId> {
    const held = this.realms.get(realm);
    return new Set(ids.filter((id) => held?.has(id)));
  }

  online(realm: Realm, ids: readonly AccountId[]): Set<AccountId> {
    const held = this.realms.get(realm);
    return new Set(ids.filter((id) => held?.get(id)?.invisible === false));
  }

  /** The name with which the account is connected here. */
  nameOf(realm: Realm, id: AccountId): string | undefined {
    return this.realms.get(realm)?.get(id)?.who.name;
  }

  list(realm: Realm): LocalChange[] {
    return [...(this.realms.get(realm)?.values() ?? [])].map(changeOf);
  }

  holds(realm: Realm): { readonly visible: boolean; readonly invisible: boolean } {
    const found = { visible: false, invisible: false };
    for (const { invisible } of this.realms.get(realm)?.values() ?? []) {
      found[invisible ? 'invisible' : 'visible'] = true;
      if (found.visible && found.invisible) break;
    }
    return found;
  }

  /**
   * The visible accounts of a realm in pages (of several devices with one handle, the oldest). Yields to the event loop between pages; a
   * map may change while it is iterated.
   */
  async *pages(realm: Realm): AsyncGenerator<Present[]> {
    const last = this.entered;
    let page: Present[] = [];
    for (const { who, order, invisible } of this.realms.get(realm)?.values() ?? []) {
      if (order > last) break;
      if (invisible || !this.isOldest(realm, who)) continue;
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
    const found = this.handles.get(realm)?.get(handle) ?? [];
    return isList(found) ? found : [found];
  }

  get size(): number {
    let size = 0;
    for (const held of this.realms.values()) size += held.size;
    return size;
  }

  held(): Realm[] {
    return [...this.realms.keys()];
  }

  private changed(held: Held, change: () => void): LocalChange | null {
    const before = standingOf(held);
    change();
    return standingOf(held) === before ? null : changeOf(held);
  }

  private forgetHandle(realm: Realm, { id, handle }: Present): void {
    const left = this.behind(realm, handle).filter((one) => one.id !== id);
    this.setBehind(realm, handle, left);
  }

  private setBehind(realm: Realm, handle: string, devices: readonly Present[]): void {
    const ofRealm = this.handles.get(realm) ?? new Map<string, Present | readonly Present[]>();
    const [first] = devices;
    if (first) ofRealm.set(handle, devices.length === 1 ? first : devices);
    else ofRealm.delete(handle);
    if (ofRealm.size > 0) this.handles.set(realm, ofRealm);
    else this.handles.delete(realm);
  }

  private isOldest(realm: Realm, { id, handle }: Present): boolean {
    const oldest = this.behind(realm, handle).find((one) => this.standing(realm, one.id) !== 'invisible');
    return (oldest?.id ?? id) === id;
  }
}

const standingOf = ({ invisible, away, connections }: Held): Standing => {
  if (invisible) return 'invisible';
  return away >= connections ? 'away' : 'online';
};
const changeOf = (held: Held): LocalChange => ({ who: held.who, as: standingOf(held) });

/** The handle of a person's account is the account's id. */
const hasOwnHandle = ({ id, handle }: Present): boolean => handle !== id;
const isList = (found: Present | readonly Present[]): found is readonly Present[] => Array.isArray(found);
const byAge = (some: Present[]): Present[] => some.sort((one, other) => one.number - other.number);
