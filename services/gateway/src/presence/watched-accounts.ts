import type { AccountId, PresenceState, Realm } from '@parley/contracts';
import type { AccountPresence } from '../protocol/presence-command.js';
import type { AccountState, Presence } from './presence.js';

/** Receives the changes of accounts that it watches. */
export interface Watcher {
  onChange(change: AccountPresence, before: PresenceState): void;
}

interface Watched {
  current: AccountState;
  readonly watchers: Watcher[];
}

const unknown: AccountState = { state: 'offline', version: 0, lastSeenAt: null };

/** The accounts whose presence a connection of this gateway is subscribed to, each once, with the newest state that is known. */
export class WatchedAccounts {
  private readonly realms = new Map<Realm, Map<AccountId, Watched>>();
  private pairs = 0;

  constructor(private readonly presence: Pick<Presence, 'states'>) {}

  /** How many pairs of account and watcher there are. */
  get size(): number {
    return this.pairs;
  }

  /** Resolves when the states of the accounts are known; their changes arrive from the call on. */
  async add(watcher: Watcher, realm: Realm, ids: readonly AccountId[]): Promise<void> {
    const accounts = this.realms.get(realm) ?? new Map<AccountId, Watched>();
    this.realms.set(realm, accounts);
    const unread: AccountId[] = [];
    for (const id of ids) {
      const known = accounts.get(id);
      if (!known) unread.push(id);
      const watched = known ?? { current: unknown, watchers: [] };
      if (watched.watchers.includes(watcher)) continue;
      watched.watchers.push(watcher);
      this.pairs += 1;
      if (!known) accounts.set(id, watched);
      else if (watched.current.state !== 'offline') watcher.onChange(viewOf(id, watched.current), 'offline');
    }
    if (unread.length > 0) await this.read(realm, unread);
  }

  remove(watcher: Watcher, realm: Realm, ids: Iterable<AccountId>): void {
    const accounts = this.realms.get(realm);
    for (const id of ids) {
      const watched = accounts?.get(id);
      const index = watched?.watchers.indexOf(watcher) ?? -1;
      if (!watched || index < 0) continue;
      watched.watchers.splice(index, 1);
      this.pairs -= 1;
      if (watched.watchers.length === 0) accounts?.delete(id);
    }
    if (accounts?.size === 0) this.realms.delete(realm);
  }

  presenceOf(realm: Realm, id: AccountId): AccountPresence {
    return viewOf(id, this.realms.get(realm)?.get(id)?.current ?? unknown);
  }

  stateOf(realm: Realm, id: AccountId): PresenceState {
    return this.realms.get(realm)?.get(id)?.current.state ?? 'offline';
  }

  /** A transition was published; an older one than the known one is ignored. */
  apply(realm: Realm, id: AccountId, next: AccountState): void {
    const watched = this.realms.get(realm)?.get(id);
    if (!watched || next.version <= watched.current.version) return;
    this.change(id, watched, next);
  }

  /** Reads all states again: transitions may have been lost. */
  async readAll(): Promise<void> {
    for (const [realm, accounts] of [...this.realms]) await this.read(realm, [...accounts.keys()]);
  }

  private async read(realm: Realm, ids: readonly AccountId[]): Promise<void> {
    const accounts = this.realms.get(realm);
    const before = new Map(ids.map((id) => [id, accounts?.get(id)?.current]));
    for (const [id, next] of await this.presence.states(realm, ids)) {
      const watched = this.realms.get(realm)?.get(id);
      // A transition that arrived meanwhile is newer than what was read.
      if (watched && watched.current === before.get(id)) this.change(id, watched, next);
    }
  }

  private change(id: AccountId, watched: Watched, next: AccountState): void {
    const before = watched.current;
    // What was read of an account that is gone has no version of its own.
    const version = Math.max(next.version, before.version);
    const lastSeenAt = next.state === before.state ? (next.lastSeenAt ?? before.lastSeenAt) : next.lastSeenAt;
    watched.current = { state: next.state, version, lastSeenAt };
    if (next.state === before.state) return;
    const change = viewOf(id, watched.current);
    for (const one of [...watched.watchers]) one.onChange(change, before.state);
  }
}

const viewOf = (accountId: AccountId, { state, lastSeenAt }: AccountState): AccountPresence => ({
  accountId,
  state,
  lastSeenAt: lastSeenAt === null ? null : new Date(lastSeenAt).toISOString(),
});
