import type { Bus } from '@parley/bus';
import type { AccountId, FactNamed } from '@parley/contracts';
import { accountScope, summaryOf } from './ground.js';
import type { Presence } from './presence.js';
import { hearAgain } from './reinstatement.js';
import type { LiveSession } from './session.js';
import type { Stream } from './stream.js';

type Entered = FactNamed<'connection.entered'>;

const checkMs = 5_000;

/**
 * Who is connected, and on wires where only the newest connection of an account hears, which one that is. Gateways tell each
 * other with a fact; a connection that was displaced hears again when no newer one is left anywhere.
 */
export class Takeovers {
  private readonly held = new Map<AccountId, Set<LiveSession>>();
  private readonly displaced = new Set<LiveSession>();
  private readonly timer = setInterval(() => void this.check(), checkMs).unref();

  constructor(private readonly deps: { readonly bus: Bus; readonly presence: Presence }) {}

  /** Before the greeting: whoever is greeted can be found, and hears alone. */
  async enter(session: LiveSession): Promise<void> {
    const { realm, principal, wire, id: connectionId } = session;
    const { accountId } = principal;
    session.since = 1;
    const entered = this.deps.presence.enter(realm, summaryOf(principal));
    if (!wire.newestHears) return;
    // Not by the clock of this host: the other connection may be at a gateway whose clock says something else.
    const since = await this.deps.presence.nextOrder();
    session.since = since;
    if (!session.isLive) return;
    const held = this.held.get(accountId) ?? new Set();
    this.held.set(accountId, held.add(session));
    await entered;
    const fact: Entered = { name: 'connection.entered', realm, accountId, connectionId, since };
    this.deps.bus.publish(fact, [accountScope(accountId)]);
    this.displaceOlder(fact);
  }

  leave(session: LiveSession): void {
    if (session.since === 0) return;
    const { accountId } = session.principal;
    const heard = !session.displaced;
    if (heard) void this.deps.presence.leave(session.realm, accountId);
    this.displaced.delete(session);
    const held = this.held.get(accountId);
    held?.delete(session);
    if (held?.size === 0) this.held.delete(accountId);
    else if (heard && held) this.reinstate(newestOf(held));
  }

  readonly onEntered = (_stream: Stream, fact: Entered): void => this.displaceOlder(fact);

  stop(): void {
    clearInterval(this.timer);
  }

  private displaceOlder({ accountId, connectionId, since }: Entered): void {
    for (const session of this.held.get(accountId) ?? []) {
      const isOlder = session.since < since || (session.since === since && session.id < connectionId);
      if (session.id === connectionId || session.displaced || !isOlder) continue;
      session.displaced = true;
      this.displaced.add(session);
      session.inbox?.part(session);
      for (const stream of session.ground.attachments.streamsOf(session)) stream.part(session);
      void this.deps.presence.leave(session.realm, accountId);
    }
  }

  private reinstate(session: LiveSession | undefined): void {
    if (!session?.displaced || !session.isLive) return;
    session.displaced = false;
    this.displaced.delete(session);
    void this.deps.presence.enter(session.realm, summaryOf(session.principal));
    hearAgain(session);
  }

  /** The newer one may have been at a gateway that is gone, or closed at another: nobody tells that. */
  private async check(): Promise<void> {
    const byAccount = new Map([...this.displaced].map((one) => [one.principal.accountId, one.realm]));
    for (const [accountId, realm] of byAccount) {
      const online = await this.deps.presence.online(realm, [accountId]);
      const held = this.held.get(accountId);
      if (!online.has(accountId) && held) this.reinstate(newestOf(held));
    }
  }
}

const newestOf = (held: ReadonlySet<LiveSession>): LiveSession | undefined =>
  [...held].reduce<LiveSession | undefined>(
    (newest, one) => (one.since > (newest?.since ?? 0) ? one : newest),
    undefined,
  );
