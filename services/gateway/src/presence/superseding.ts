import type { Bus } from '@parley/bus';
import type { AccountId, BusEventNamed } from '@parley/contracts';
import { accountScope, summaryOf } from '../connections/ground.js';
import type { Presence } from './presence.js';
import { reactivate } from '../connections/reactivation.js';
import type { Connection } from '../connections/connection.js';
import type { Stream } from '../streams/stream.js';

type Entered = BusEventNamed<'connection.entered'>;

const checkMs = 5_000;

/**
 * Who is connected, and on wires where only the newest connection of an account hears, which one that is. Gateways tell each
 * other with a fact; a connection that was displaced hears again when no newer one is left anywhere.
 */
export class Superseding {
  private readonly held = new Map<AccountId, Set<Connection>>();
  private readonly superseded = new Set<Connection>();
  private readonly timer = setInterval(() => void this.check(), checkMs).unref();

  constructor(private readonly deps: { readonly bus: Bus; readonly presence: Presence }) {}

  /** Before the greeting: whoever is greeted can be found, and hears alone. */
  async enter(connection: Connection): Promise<void> {
    const { realm, principal, adapter, id: connectionId } = connection;
    const { accountId } = principal;
    connection.since = 1;
    const entered = this.deps.presence.enter(realm, summaryOf(principal));
    if (!adapter.newestReceives) return;
    // Not by the clock of this host: the other connection may be at a gateway whose clock says something else.
    const since = await this.deps.presence.nextOrder();
    connection.since = since;
    if (!connection.isLive) return;
    const held = this.held.get(accountId) ?? new Set();
    this.held.set(accountId, held.add(connection));
    await entered;
    const event: Entered = { name: 'connection.entered', realm, accountId, connectionId, since };
    this.deps.bus.publish(event, [accountScope(accountId)]);
    this.supersedeOlder(event);
  }

  leave(connection: Connection): void {
    if (connection.since === 0) return;
    const { accountId } = connection.principal;
    const received = !connection.superseded;
    if (received) void this.deps.presence.leave(connection.realm, accountId);
    this.superseded.delete(connection);
    const held = this.held.get(accountId);
    held?.delete(connection);
    if (held?.size === 0) this.held.delete(accountId);
    else if (received && held) this.reinstate(newestOf(held));
  }

  readonly onEntered = (_stream: Stream, event: Entered): void => this.supersedeOlder(event);

  stop(): void {
    clearInterval(this.timer);
  }

  private supersedeOlder({ accountId, connectionId, since }: Entered): void {
    for (const connection of this.held.get(accountId) ?? []) {
      const isOlder = connection.since < since || (connection.since === since && connection.id < connectionId);
      if (connection.id === connectionId || connection.superseded || !isOlder) continue;
      connection.superseded = true;
      this.superseded.add(connection);
      connection.inbox?.leave(connection);
      for (const stream of connection.ground.attachments.streamsOf(connection)) stream.leave(connection);
      void this.deps.presence.leave(connection.realm, accountId);
    }
  }

  private reinstate(connection: Connection | undefined): void {
    if (!connection?.superseded || !connection.isLive) return;
    connection.superseded = false;
    this.superseded.delete(connection);
    void this.deps.presence.enter(connection.realm, summaryOf(connection.principal));
    reactivate(connection);
  }

  /** The newer one may have been at a gateway that is gone, or closed at another: nobody tells that. */
  private async check(): Promise<void> {
    const byAccount = new Map([...this.superseded].map((one) => [one.principal.accountId, one.realm]));
    for (const [accountId, realm] of byAccount) {
      const online = await this.deps.presence.online(realm, [accountId]);
      const held = this.held.get(accountId);
      if (!online.has(accountId) && held) this.reinstate(newestOf(held));
    }
  }
}

const newestOf = (held: ReadonlySet<Connection>): Connection | undefined =>
  [...held].reduce<Connection | undefined>(
    (newest, one) => (one.since > (newest?.since ?? 0) ? one : newest),
    undefined,
  );
