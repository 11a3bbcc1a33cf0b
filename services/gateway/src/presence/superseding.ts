import type { Bus } from '@parley/bus';
import type { AccountId, AccountPrincipal, BusEventNamed, ConnectionId, Realm } from '@parley/contracts';
import type { SocketAdapter } from '../protocol/dialect.js';
import { accountScope, summaryOf } from '../protocol/scopes.js';
import type { Presence } from './presence.js';

type Entered = BusEventNamed<'connection.entered'>;

const checkMs = 5_000;

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

/**
 * Records which accounts are connected and, in dialects where only the newest connection of an account receives, supersedes the older
 * ones. Gateways inform each other by an event; a superseded connection is reactivated when no newer one is left on any gateway.
 */
export class Superseding {
  /** By account: its connections here, with the order number at which each opened, comparable across gateways. */
  private readonly held = new Map<AccountId, Map<PresentConnection, number>>();
  private readonly superseded = new Set<PresentConnection>();
  private readonly timer = setInterval(() => void this.check(), checkMs).unref();

  constructor(private readonly deps: { readonly bus: Bus; readonly presence: Presence }) {}

  /** Called before the greeting: a connection that was greeted is present, and is the only one that receives. */
  async enter(connection: PresentConnection): Promise<void> {
    const { realm, principal, adapter, id: connectionId } = connection;
    const { accountId } = principal;
    const entered = this.deps.presence.enter(realm, summaryOf(principal));
    connection.own(this);
    if (!adapter.newestReceives) return;
    // Not by the clock of this host: the other connection may be at a gateway whose clock differs.
    const since = await this.deps.presence.nextOrder();
    if (!connection.isLive) return;
    const held = this.held.get(accountId) ?? new Map<PresentConnection, number>();
    this.held.set(accountId, held.set(connection, since));
    await entered;
    const event: Entered = { name: 'connection.entered', realm, accountId, connectionId, since };
    this.deps.bus.publish(event, [accountScope(accountId)]);
    this.supersedeOlder(event);
  }

  /** Another connection of the account opened, at any gateway. */
  readonly onEntered = (event: Entered): void => this.supersedeOlder(event);

  stop(): void {
    clearInterval(this.timer);
  }

  /** The connection is closed. */
  release(connection: PresentConnection): void {
    const { accountId } = connection.principal;
    const received = !connection.isSuspended;
    if (received) void this.deps.presence.leave(connection.realm, accountId);
    this.superseded.delete(connection);
    const held = this.held.get(accountId);
    held?.delete(connection);
    if (held?.size === 0) this.held.delete(accountId);
    else if (received && held) this.reinstate(newestOf(held));
  }

  private supersedeOlder({ accountId, connectionId, since }: Entered): void {
    for (const [connection, ownSince] of this.held.get(accountId) ?? []) {
      const isOlder = ownSince < since || (ownSince === since && connection.id < connectionId);
      if (connection.id === connectionId || connection.isSuspended || !isOlder) continue;
      connection.suspend();
      this.superseded.add(connection);
      void this.deps.presence.leave(connection.realm, accountId);
    }
  }

  private reinstate(connection: PresentConnection | undefined): void {
    if (!connection?.isSuspended || !connection.isLive) return;
    this.superseded.delete(connection);
    void this.deps.presence.enter(connection.realm, summaryOf(connection.principal));
    connection.reactivate();
  }

  /** The newer connection may have been at a gateway that is gone, or may have closed at another: no event reports that. */
  private async check(): Promise<void> {
    const byAccount = new Map([...this.superseded].map((one) => [one.principal.accountId, one.realm]));
    for (const [accountId, realm] of byAccount) {
      const online = await this.deps.presence.online(realm, [accountId]);
      const held = this.held.get(accountId);
      if (!online.has(accountId) && held) this.reinstate(newestOf(held));
    }
  }
}

const newestOf = (held: ReadonlyMap<PresentConnection, number>): PresentConnection | undefined => {
  let newest: PresentConnection | undefined;
  let newestSince = 0;
  for (const [connection, since] of held) {
    if (since > newestSince) [newest, newestSince] = [connection, since];
  }
  return newest;
};
