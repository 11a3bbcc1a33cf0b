import type { Bus } from '@parley/bus';
import type { AccountId, AccountPrincipal, BusEventNamed, Preferences, Realm } from '@parley/contracts';
import { accountScope, summaryOf } from '../protocol/scopes.js';
import type { Presence, Transition } from './presence.js';
import { SettleQueue } from './settle-queue.js';
import { visibilityOf } from './visibility.js';

type Changed = BusEventNamed<'presence.changed'>;

/** A connection, as the tracker sees it. */
export interface TrackedConnection {
  readonly realm: Realm;
  readonly principal: AccountPrincipal;
}

interface TrackerDeps {
  readonly bus: Pick<Bus, 'publish'>;
  readonly presence: Presence;
  /** The preferences of an account now. */
  preferencesOf(principal: AccountPrincipal): Preferences;
  /** How long an account may be gone before others receive that, in milliseconds. */
  readonly graceMs?: number;
}

/** Turns connections that come, go and are away into transitions of their accounts, and publishes those. */
export class PresenceTracker {
  private readonly away = new WeakSet<TrackedConnection>();
  private readonly queue: SettleQueue;

  constructor(private readonly deps: TrackerDeps) {
    const { presence, graceMs } = deps;
    this.queue = new SettleQueue((realm, ids) => presence.settle(realm, ids), graceMs);
    presence.onTransition((transition) => this.publish(transition));
  }

  /** The connection receives; resolves when other gateways can see it. */
  async enter({ realm, principal }: TrackedConnection): Promise<void> {
    const { presence } = visibilityOf(this.deps.preferencesOf(principal));
    const entered = this.deps.presence.enter(realm, summaryOf(principal), { invisible: !presence });
    this.queue.soon(realm, principal.accountId);
    await entered;
  }

  leave(connection: TrackedConnection): void {
    const { realm, principal } = connection;
    const away = this.away.delete(connection);
    void this.deps.presence.leave(realm, principal.accountId, { away });
    // Others receive nothing if a connection of the account follows within the grace period, to whichever gateway.
    this.queue.later(realm, principal.accountId);
  }

  setAway(connection: TrackedConnection, away: boolean): void {
    if (this.away.has(connection) === away) return;
    if (away) this.away.add(connection);
    else this.away.delete(connection);
    const { realm, principal } = connection;
    void this.deps.presence.setAway(realm, principal.accountId, away);
    this.queue.soon(realm, principal.accountId);
  }

  /** The account chose other preferences, on any gateway. */
  setPreferences(realm: Realm, id: AccountId, preferences: Preferences): void {
    if (this.deps.presence.standing(realm, id) === null) return;
    void this.deps.presence.setInvisible(realm, id, !visibilityOf(preferences).presence);
    this.queue.soon(realm, id);
  }

  /** A transition was published, by any gateway. One that contradicts the connections here is compared again. */
  onChanged({ realm, accountId, state, version, lastSeenAt }: Changed): void {
    const seen = lastSeenAt === null ? null : Date.parse(lastSeenAt);
    this.deps.presence.receive({ realm, accountId, state, version, lastSeenAt: seen });
    const here = this.deps.presence.standing(realm, accountId);
    const contradicts = here === 'online' ? state !== 'online' : here === 'away' && state === 'offline';
    if (contradicts) this.queue.soon(realm, accountId);
  }

  stop(): void {
    this.queue.stop();
  }

  private publish({ realm, accountId, state, version, lastSeenAt: seen }: Transition): void {
    const lastSeenAt = seen === null ? null : new Date(seen).toISOString();
    const event: Changed = { name: 'presence.changed', realm, accountId, state, version, lastSeenAt };
    this.deps.bus.publish(event, [accountScope(accountId)]);
  }
}
