import { setTimeout as sleep } from 'node:timers/promises';
import type { Bus } from '@parley/bus';
import { withTimeout } from '@parley/contracts';
import type { AccountId, AccountPrincipal, BusEventNamed, ConnectionId, Realm } from '@parley/contracts';
import type { SocketAdapter } from '../protocol/dialect.js';
import { accountScope } from '../protocol/scopes.js';
import type { Presence } from './presence.js';
import type { PresenceTracker } from './presence-tracker.js';

type Entered = BusEventNamed<'connection.entered'>;

/** `checkMs` and `answerMs` together: how long a connection may wait until it receives again. `returnMs`: how long an entry waits for the bus. */
const timingsDefault = { checkMs: 4_000, answerMs: 1_000, returnMs: 1_000 };

/** Answers to an entry arrive within seconds, so only the last entries of others matter. */
const knownMax = 16;

/** A connection, as presence sees it. */
export interface PresentConnection {
  readonly id: ConnectionId;
  readonly realm: Realm;
  readonly principal: AccountPrincipal;
  readonly adapter: SocketAdapter;
  readonly isLive: boolean;
  readonly isSuspended: boolean;
  /** A newer connection of its account receives instead. */
  suspend(): void;
  /** The newer connection is gone: this one receives again. */
  reactivate(): void;
  /** Calls `release` when the connection closes; immediately if it is closed already. */
  own(room: { release(connection: PresentConnection): void }): void;
}

interface Place {
  /** Comparable across gateways, but only as exact as their clocks: of two entries, the later one may have the lower number. */
  since: number;
  /** The connections of the account whose entry was received since this one began to enter. */
  readonly known: ConnectionId[];
}

/**
 * Records which accounts are connected and, in dialects where only the newest connection of an account receives, supersedes the older
 * ones. Gateways inform each other by an event; a superseded connection is reactivated when no newer one is left on any gateway.
 *
 * The numbers decide between connections that entered at once: each receives the other's entry. The one with the higher number answers an entry
 * with a lower one. If the other did not receive the entry of the one that answers, that one had entered before, so the other is newer: it
 * takes a higher number and enters again. No clock decides about that.
 */
export class Superseding {
  /** By account: its connections here. */
  private readonly held = new Map<AccountId, Map<PresentConnection, Place>>();
  /** By account: entries received while connections wait for their number. */
  private readonly waiting = new Map<AccountId, Set<Entered[]>>();
  private readonly superseded = new Set<PresentConnection>();
  /** By account: the superseded connection for which newer ones are asked for. */
  private readonly asking = new Map<AccountId, PresentConnection>();
  /** By connection: called when its own entry is received here. */
  private readonly returning = new Map<ConnectionId, () => void>();
  private readonly timings: typeof timingsDefault;
  private readonly timer: NodeJS.Timeout;

  constructor(
    private readonly deps: {
      readonly bus: Pick<Bus, 'publish'>;
      readonly presence: Pick<Presence, 'nextOrder' | 'connected'>;
      readonly tracker: Pick<PresenceTracker, 'enter' | 'leave'>;
      readonly timings?: typeof timingsDefault;
    },
  ) {
    this.timings = deps.timings ?? timingsDefault;
    this.timer = setInterval(() => void this.check(), this.timings.checkMs).unref();
  }

  /**
   * Called before the greeting: a connection that was greeted is present, and is the only one that receives. Therefore it waits until its
   * own entry came back: then a NATS server has passed it on to the other gateways as well, before anything that is sent from now on. Between
   * the servers of a cluster it may still be under way.
   */
  async enter(connection: PresentConnection): Promise<void> {
    const { principal, adapter } = connection;
    const { accountId } = principal;
    const entered = this.deps.tracker.enter(connection);
    connection.own(this);
    if (!adapter.newestReceives) return;
    // Not by the clock of this host: the other connection may be at a gateway whose clock differs.
    const early: Entered[] = [];
    const since = await this.listening(accountId, early, () => this.deps.presence.nextOrder());
    if (!connection.isLive) return;
    const held = this.held.get(accountId) ?? new Map<PresentConnection, Place>();
    this.held.set(accountId, held.set(connection, { since, known: [] }));
    await entered;
    const returned = new Promise<void>((resolve) => this.returning.set(connection.id, resolve));
    this.publish(connection, since);
    for (const event of early) this.onEntered(event);
    await withTimeout(returned, this.timings.returnMs, () => undefined);
    this.returning.delete(connection.id);
  }

  /** Another connection of the account opened, at any gateway. */
  readonly onEntered = (event: Entered): void => {
    this.returning.get(event.connectionId)?.();
    for (const early of this.waiting.get(event.accountId) ?? []) early.push(event);
    this.noteNewer(event);
    if (event.answers === undefined) this.noteEntry(event);
    else if (this.entersAgain(event, event.answers)) return;
    this.supersedeOlder(event);
  };

  stop(): void {
    clearInterval(this.timer);
  }

  /** The connection is closed. */
  release(connection: PresentConnection): void {
    const { accountId } = connection.principal;
    const received = !connection.isSuspended;
    if (received) this.deps.tracker.leave(connection);
    this.superseded.delete(connection);
    const held = this.held.get(accountId);
    held?.delete(connection);
    if (held?.size === 0) this.held.delete(accountId);
    else if (received && held) this.reinstate(newestOf(held));
  }

  private async listening<T>(accountId: AccountId, early: Entered[], work: () => Promise<T>): Promise<T> {
    const lists = this.waiting.get(accountId) ?? new Set<Entered[]>();
    this.waiting.set(accountId, lists.add(early));
    try {
      return await work();
    } finally {
      lists.delete(early);
      if (lists.size === 0) this.waiting.delete(accountId);
    }
  }

  private publish({ realm, principal: { accountId }, id: connectionId }: PresentConnection, since: number): void {
    const event: Entered = { name: 'connection.entered', realm, accountId, connectionId, since };
    this.deps.bus.publish(event, [accountScope(accountId)]);
    this.supersedeOlder(event);
  }

  /** Remembers the entry of another connection, and answers it for the one that is newer. */
  private noteEntry(event: Entered): void {
    const { realm, accountId, connectionId } = event;
    for (const [connection, { since, known }] of this.held.get(accountId) ?? []) {
      if (connection.id === connectionId) continue;
      known.push(connectionId);
      if (known.length > knownMax) known.shift();
      if (connection.isSuspended || isOlder(connection, since, event)) continue;
      const answer = { name: event.name, realm, accountId, connectionId: connection.id, since, answers: connectionId };
      this.deps.bus.publish(answer, [accountScope(accountId)]);
    }
  }

  /** Whether the connection that was answered is the newer one after all; then it enters with a higher number. */
  private entersAgain({ accountId, connectionId, since }: Entered, answered: ConnectionId): boolean {
    for (const [connection, place] of this.held.get(accountId) ?? []) {
      if (connection.id !== answered || connection.isSuspended || place.known.includes(connectionId)) continue;
      place.since = Math.max(place.since, since + 1);
      this.publish(connection, place.since);
      return true;
    }
    return false;
  }

  private supersedeOlder(event: Entered): void {
    const { accountId, connectionId } = event;
    for (const [connection, { since }] of this.held.get(accountId) ?? []) {
      if (connection.id === connectionId || connection.isSuspended || !isOlder(connection, since, event)) continue;
      connection.suspend();
      this.superseded.add(connection);
      this.deps.tracker.leave(connection);
    }
  }

  private reinstate(connection: PresentConnection | undefined): void {
    if (!connection?.isSuspended || !connection.isLive) return;
    this.superseded.delete(connection);
    void this.deps.tracker.enter(connection);
    connection.reactivate();
  }

  /** The newer connection may have been at a gateway that is gone, or may have closed at another: no event reports that. */
  private async check(): Promise<void> {
    const byAccount = new Map([...this.superseded].map((one) => [one.principal.accountId, one.realm]));
    for (const [accountId, realm] of byAccount) {
      const online = await this.deps.presence.connected(realm, [accountId]);
      const held = this.held.get(accountId);
      const newest = held && newestOf(held);
      if (!online.has(accountId) && newest?.isSuspended) void this.reinstateUnanswered(newest);
    }
  }

  /** Where gateways share no presence, only a newer connection itself can say that it is there: it answers the entry of an older one. */
  private async reinstateUnanswered(connection: PresentConnection): Promise<void> {
    const { accountId } = connection.principal;
    const since = this.held.get(accountId)?.get(connection)?.since;
    if (since === undefined || this.asking.has(accountId)) return;
    this.asking.set(accountId, connection);
    this.publish(connection, since);
    await sleep(this.timings.answerMs, undefined, { ref: false });
    if (this.asking.get(accountId) !== connection) return;
    this.asking.delete(accountId);
    this.reinstate(connection);
  }

  private noteNewer(event: Entered): void {
    const connection = this.asking.get(event.accountId);
    if (!connection || connection.id === event.connectionId) return;
    const since = this.held.get(event.accountId)?.get(connection)?.since ?? Infinity;
    if (isOlder(connection, since, event)) this.asking.delete(event.accountId);
  }
}

const isOlder = ({ id }: PresentConnection, own: number, { connectionId, since }: Entered): boolean =>
  own < since || (own === since && id < connectionId);

const newestOf = (held: ReadonlyMap<PresentConnection, Place>): PresentConnection | undefined => {
  let newest: PresentConnection | undefined;
  let newestSince = 0;
  for (const [connection, { since }] of held) {
    if (since > newestSince) [newest, newestSince] = [connection, since];
  }
  return newest;
};
