import type { AccountPrincipal, ChannelId, ChannelSnapshot, DialectName, Realm } from '@parley/contracts';
import type { InboxSubscription } from '../inbox/inbox-subscription.js';
import type { ConnectionSlot } from '../limits/connection-limits.js';
import type { Attached, ConnectionView, SocketAdapter } from '../protocol/dialect.js';
import type { Joining } from '../streams/member.js';
import type { KeyedQueue } from '../timing/keyed-queue.js';
import type { AcceptedUpgrade } from './accepted-upgrade.js';
import { Authenticated } from './authenticated.js';
import type { ConnectionState, Phase } from './connection-state.js';
import { FrameBacklog } from './frame-backlog.js';
import type { QueuedCommand } from './queued-command.js';

/** What arrived while a connection was opening. */
export interface Early {
  /** Joins of its account. */
  readonly joined: readonly Joining[];
  /** null: no frames, or they are among the connection's `waiting` frames. */
  readonly frames: FrameBacklog | null;
}

/** The phases of a connection, and the data of each. Only these methods change the phase; one that the phase does not allow throws. */
export abstract class Lifecycle<C> {
  readonly dialect: DialectName;
  readonly adapter: SocketAdapter;
  protected readonly slot: ConnectionSlot;
  protected readonly outlivesToken: boolean;
  protected current: ConnectionState<C>;

  constructor(upgrade: AcceptedUpgrade, closeBy: number) {
    const { dialect, adapter, slot, outlivesToken } = upgrade;
    this.dialect = dialect;
    this.adapter = adapter;
    this.slot = slot;
    this.outlivesToken = outlivesToken;
    this.current = { phase: 'unauthenticated', upgrade, closeBy };
  }

  get phase(): Phase {
    return this.current.phase;
  }

  get isLive(): boolean {
    const { phase } = this.current;
    return phase !== 'closing' && phase !== 'closed';
  }

  get isAuthenticated(): boolean {
    return this.authenticated !== null;
  }

  /** Throws before the connection is authenticated, as `realm` and `attached` do. */
  get principal(): AccountPrincipal {
    return this.verified.principal;
  }

  get realm(): Realm {
    return this.verified.principal.realm;
  }

  get state(): unknown {
    return this.verified.dialectState;
  }

  get attached(): Attached {
    return this.verified.attached;
  }

  get inbox(): InboxSubscription | null {
    return this.authenticated?.inbox ?? null;
  }

  get isSuspended(): boolean {
    return this.authenticated?.isSuspended ?? false;
  }

  get peering(): ConnectionView['peering'] {
    return this.current.phase === 'open' ? this.current.peering : undefined;
  }

  /** null: no command is in progress. */
  get commands(): KeyedQueue<QueuedCommand> | null {
    return this.current.phase === 'open' ? this.current.commands : null;
  }

  /** Frames that wait, because the connection is opening or because of a limit. */
  get waiting(): FrameBacklog | null {
    const { current } = this;
    return current.phase === 'opening' || current.phase === 'open' ? current.waiting : null;
  }

  /** Enters `opening`, in which the credentials are verified. Returns what the upgrade established. */
  beginOpening(): AcceptedUpgrade {
    const { upgrade } = this.inPhase('unauthenticated');
    this.current = { phase: 'opening', authenticated: null, waiting: null, joined: null };
    this.slot.evict = null;
    return upgrade;
  }

  /** The credentials are valid until `expiresAt`; null: the connection outlives its token. */
  protected verify(principal: AccountPrincipal, expiresAt: number | null): void {
    const opening = this.inPhase('opening');
    if (opening.authenticated) throw new Error('The connection is authenticated already');
    opening.authenticated = new Authenticated(principal, expiresAt);
  }

  useInbox(inbox: InboxSubscription): void {
    this.inPhase('opening');
    this.verified.inbox = inbox;
  }

  /** Sets the state of its dialect, before the connection opens, because events may have to be encoded by then. */
  setState(state: unknown): void {
    this.inPhase('opening');
    this.verified.dialectState = state;
  }

  /** Enters `open`: its frames are commands from now on. `closesWhenDetached`: it is open for its channels only. */
  open(closesWhenDetached: boolean): Early {
    const { joined, waiting } = this.inPhase('opening');
    const { delaysBursts } = this.adapter;
    this.current = {
      phase: 'open',
      authenticated: this.verified,
      waiting: delaysBursts ? waiting : null,
      releaseAt: null,
      commands: null,
      peering: undefined,
      closesWhenDetached,
    };
    return { joined: joined ?? [], frames: delaysBursts ? null : waiting };
  }

  protected enterClosing(terminateAt: number): void {
    if (!this.isLive) throw illegal(this.phase);
    this.current = { phase: 'closing', authenticated: this.authenticated, terminateAt };
  }

  protected enterClosed(): void {
    if (this.phase === 'closed') throw illegal(this.phase);
    this.current = { phase: 'closed', authenticated: this.authenticated };
  }

  /** Adds a frame to `waiting`. */
  keep(frame: string): FrameBacklog {
    const { current } = this;
    if (current.phase !== 'opening' && current.phase !== 'open') throw illegal(current.phase);
    const waiting = (current.waiting ??= new FrameBacklog());
    waiting.push(frame);
    return waiting;
  }

  useCommands(queue: KeyedQueue<QueuedCommand>): KeyedQueue<QueuedCommand> {
    this.inPhase('open').commands = queue;
    return queue;
  }

  /** No command is in progress; the connection may have closed meanwhile. */
  dropCommands(): void {
    if (this.current.phase === 'open') this.current.commands = null;
  }

  setPeering(state: ConnectionView['peering']): void {
    if (this.current.phase === 'open') this.current.peering = state;
  }

  list(channel: ChannelSnapshot): void {
    this.verified.list(channel);
  }

  unlist(channelId: ChannelId): boolean {
    return this.verified.unlist(channelId);
  }

  protected get authenticated(): Authenticated<C> | null {
    return this.current.phase === 'unauthenticated' ? null : this.current.authenticated;
  }

  protected get verified(): Authenticated<C> {
    const { authenticated } = this;
    if (!authenticated) throw new Error('The connection is not authenticated');
    return authenticated;
  }

  private inPhase<P extends Phase>(phase: P): Extract<ConnectionState<C>, { phase: P }> {
    const { current } = this;
    if (current.phase !== phase) throw illegal(current.phase);
    return current as Extract<ConnectionState<C>, { phase: P }>;
  }
}

const illegal = (phase: Phase): Error => new Error(`A connection that is ${phase} cannot do this`);
