import { randomUUID } from 'node:crypto';
import { Fault } from '@parley/contracts';
import type {
  AccountPrincipal,
  BusEventNamed,
  ChannelId,
  ChannelSnapshot,
  ConnectionId,
  DialectName,
  Realm,
  SessionId,
} from '@parley/contracts';
import type { CommandConnection } from '../commands/execute.js';
import type { InboxOwner, InboxSubscription } from '../inbox/inbox-subscription.js';
import { refusalFault } from '../limits/connection-limits.js';
import { TokenBucket } from '../limits/token-bucket.js';
import type { Close, ConnectionView, SocketAdapter } from '../protocol/dialect.js';
import type { RequestId } from '../protocol/command.js';
import type { Joining } from '../streams/member.js';
import type { KeyedQueue } from '../timing/keyed-queue.js';
import { Timer } from '../timing/timer-wheel.js';
import type { TimerOwner } from '../timing/timer-wheel.js';
import type { AcceptedUpgrade } from './accepted-upgrade.js';
import type { QueuedCommand } from './queued-command.js';
import { reasonOf, reasonOfTheirs } from './connection-metrics.js';
import type { CloseReason } from './connection-metrics.js';
import type { ConnectionDeps, ConnectionSocket, Phase, SocketListener } from './connection-deps.js';
import { Heartbeat } from './heartbeat.js';
import { Outgoing } from './outgoing.js';

const noChannels: ReadonlyMap<ChannelId, ChannelSnapshot> = new Map();

/** A part of the gateway that holds state for a connection. */
interface Room {
  release(connection: Connection): void;
}

/**
 * One WebSocket and its lifecycle. It allocates nothing per message, and what only a busy connection needs is allocated when the
 * connection becomes busy.
 */
export class Connection extends Outgoing implements CommandConnection, InboxOwner, SocketListener, TimerOwner {
  readonly id = randomUUID() as ConnectionId;
  /** Limits the rate of frames from its client. */
  readonly frameBudget: TokenBucket;
  inbox: InboxSubscription | null = null;
  /** The channels in which its opening was announced; null: in none. */
  announced: readonly ChannelSnapshot[] | null = null;
  /** Frames that arrived while it was opening. */
  early: { readonly frames: string[]; bytes: number } | null = null;
  /** Frames that wait because of a limit, in dialects that delay bursts; reading is paused meanwhile. */
  delayed: { readonly frames: string[]; bytes: number } | null = null;
  commands: KeyedQueue<QueuedCommand> | null = null;
  private currentPhase: Phase;
  private account: AccountPrincipal | null = null;
  private dialectState: unknown = null;
  private channels = noChannels;
  private currentPeering: ConnectionView['peering'];
  private suspended = false;
  /** Channels that its account joined while it was opening. */
  private joined: Joining[] | null = null;
  private rooms: Room[] | null = null;
  private messagesSent = 0;
  private expiresAt = Infinity;
  private releaseAt = Infinity;
  private readonly timer = new Timer(this);
  private readonly heartbeat: Heartbeat;
  private closeBy: number;
  private counted = false;
  private lastRemoval = '';

  constructor(
    readonly socket: ConnectionSocket,
    readonly upgrade: AcceptedUpgrade,
    private readonly deps: ConnectionDeps<Connection>,
  ) {
    super(socket, deps);
    const { clock, limits, timings } = deps;
    const now = clock();
    this.frameBudget = new TokenBucket(limits, now);
    this.heartbeat = new Heartbeat(timings.heartbeatMs, now);
    this.currentPhase = upgrade.credentials || !this.adapter.firstFrameMayAuthenticate ? 'opening' : 'unauthenticated';
    this.closeBy = now + timings.firstFrameMs;
    if (this.currentPhase === 'unauthenticated') upgrade.slot.evict = () => this.evict();
    this.schedule();
    socket.listen(this);
  }

  get phase(): Phase {
    return this.currentPhase;
  }

  get dialect(): DialectName {
    return this.upgrade.dialect;
  }

  get adapter(): SocketAdapter {
    return this.upgrade.adapter;
  }

  /** Throws before the connection is authenticated. */
  get principal(): AccountPrincipal {
    if (!this.account) throw new Error('The connection is not authenticated');
    return this.account;
  }

  get isAuthenticated(): boolean {
    return this.account !== null;
  }

  get realm(): Realm {
    return this.principal.realm;
  }

  get state(): unknown {
    return this.dialectState;
  }

  get attached(): ReadonlyMap<ChannelId, ChannelSnapshot> {
    return this.channels;
  }

  get peering(): ConnectionView['peering'] {
    return this.currentPeering;
  }

  get isLive(): boolean {
    return this.currentPhase !== 'closing' && this.currentPhase !== 'closed';
  }

  get isSuspended(): boolean {
    return this.suspended;
  }

  /** Enters `opening`, in which the credentials are verified; a connection that began in it stays there. */
  beginOpening(): void {
    this.assertPhase('unauthenticated', 'opening');
    this.currentPhase = 'opening';
    this.upgrade.slot.evict = null;
  }

  /** `expiresInMs`: how long its token is valid. */
  authenticate(principal: AccountPrincipal, expiresInMs: number): void {
    this.assertPhase('opening');
    this.account = principal;
    this.renew(expiresInMs);
  }

  /** Enters `open`: its frames are commands from now on. Returns the joins of its account that arrived while it was opening. */
  open(): readonly Joining[] {
    this.assertPhase('opening');
    this.currentPhase = 'open';
    const joined = this.joined ?? [];
    this.joined = null;
    return joined;
  }

  /** Sets the state of its dialect, before the connection opens, because events may have to be encoded by then. */
  setState(state: unknown): void {
    this.dialectState = state;
  }

  renew(expiresInMs: number): void {
    this.expiresAt = this.upgrade.outlivesToken ? Infinity : this.deps.clock() + expiresInMs;
    this.schedule();
  }

  /** Calls `release` when the connection closes, the last one first; immediately if it is closed already. */
  own(room: Room): void {
    if (this.isLive) (this.rooms ??= []).push(room);
    else room.release(this);
  }

  setPeering(state: ConnectionView['peering']): void {
    this.currentPeering = state;
  }

  expectAcks(count: number): void {
    this.frameBudget.expectAcks(count);
  }

  nextClientId(): string {
    this.messagesSent += 1;
    return `${this.id}:${this.messagesSent}`;
  }

  belongsTo(sessionId: SessionId): boolean {
    // A session that ends while the connection opens ends it too.
    return this.isLive && this.account?.sessionId === sessionId;
  }

  suspend(): void {
    this.suspended = true;
    this.inbox?.suspend();
    this.deps.handlers.suspended(this);
  }

  reactivate(): void {
    this.suspended = false;
    this.deps.handlers.reactivated(this);
  }

  onText(text: string): void {
    this.deps.counters.framesIn += 1;
    if (!this.isLive) return;
    try {
      this.deps.handlers.frame(this, text);
    } catch (error) {
      // Nothing above this would catch it: one connection's frame must not end the process.
      this.deps.log.error({ err: error, connectionId: this.id }, 'A frame could not be handled');
      this.close({ code: 1011, reason: 'Internal error' });
    }
  }

  /** Sends the dialect's error frame, as the answer to the request `requestId` if there is one, then closes the connection. */
  refuse(fault: Fault, requestId: RequestId | undefined = null): void {
    // A defect: its client reads `internal`, an operator what it was.
    if (fault.code === 'internal') this.deps.log.error({ err: fault, connectionId: this.id }, 'A connection failed');
    if (!this.isLive) return;
    const frame = this.encoded(() => this.adapter.encodeFault(fault, requestId));
    if (frame !== null) this.send(frame);
    this.close(this.adapter.close(fault), true, fault.code);
  }

  tooSlow(): void {
    if (!this.isLive) return;
    // Pending frames precede the close frame, and the client does not read: the connection is terminated when that takes too long.
    this.close({ code: 1013, reason: 'slow reader: come back and resume' }, false);
  }

  /** Handles delayed frames after `ms`, as far as the limits allow then. */
  releaseLater(ms: number): void {
    if (this.releaseAt !== Infinity) return;
    this.releaseAt = this.deps.clock() + ms;
    this.schedule();
  }

  /** Resumes reading: no frame is delayed any more. The pong to the last ping may not have been read yet, so the next one counts. */
  readOn(): void {
    this.delayed = null;
    this.heartbeat.excuse();
    this.socket.resumeReading();
  }

  cutOff(): void {
    this.countEnd('slow_reader');
    this.socket.terminate();
  }

  close({ code, reason }: Close, flushes = true, why = reasonOf(code)): void {
    if (!this.isLive) return;
    this.countEnd(why);
    this.release();
    if (flushes) this.deps.writeBuffer.settle(this.output);
    this.currentPhase = 'closing';
    // The client's close frame comes after the data that was not read.
    if (this.delayed) this.socket.resumeReading();
    this.releaseAt = Infinity;
    this.closeBy = this.deps.clock() + this.deps.timings.closeMs;
    this.schedule();
    this.socket.close(code, reason);
  }

  onPong(payload: Buffer): void {
    this.heartbeat.onPong(payload);
  }

  onClosed(code: number): void {
    this.countEnd(reasonOfTheirs(code));
    if (this.isLive) this.release();
    this.currentPhase = 'closed';
    this.upgrade.slot.release();
    this.output.clear();
    this.early = null;
    this.delayed = null;
    this.deps.timers.forget(this.timer);
    this.deps.handlers.closed(this);
  }

  onDue(now: number): void {
    if (this.currentPhase === 'closed') return;
    if (this.currentPhase === 'closing') {
      this.socket.terminate();
      return;
    }
    if (now >= this.expiresAt) {
      return this.refuse(new Fault('unauthenticated', 'token_expired', 'The access token has expired'));
    }
    if (this.currentPhase === 'unauthenticated' && now >= this.closeBy) {
      return this.refuse(new Fault('unauthenticated', 'authentication_timeout', 'No token was provided in time'));
    }
    if (this.currentPhase === 'open' && this.inbox && now >= this.inbox.dueAt) this.inbox.start();
    if (this.currentPhase === 'open' && now >= this.releaseAt) {
      this.releaseAt = Infinity;
      this.deps.handlers.delayedFrames(this);
    }
    if (now >= this.heartbeat.dueAt && !this.ping(now)) return;
    this.schedule();
  }

  /** Sets the timer to the earliest deadline. */
  schedule(): void {
    if (this.currentPhase === 'closed') return;
    let due = Math.min(this.heartbeat.dueAt, this.expiresAt, this.releaseAt, this.inbox?.dueAt ?? Infinity);
    if (this.currentPhase === 'unauthenticated' || this.currentPhase === 'closing') due = Math.min(due, this.closeBy);
    this.deps.timers.set(this.timer, due);
  }

  list(channel: ChannelSnapshot): void {
    if (this.channels === noChannels) this.channels = new Map();
    (this.channels as Map<ChannelId, ChannelSnapshot>).set(channel.id, channel);
  }

  unlist(channelId: ChannelId): boolean {
    return (this.channels as Map<ChannelId, ChannelSnapshot>).delete(channelId);
  }

  /** Its account may not read a channel any more: sends the event, and closes a connection that was opened for that channel only. */
  onRemoved(removed: BusEventNamed<'member.removed'>): void {
    const key = `${removed.channel.id}:${removed.channel.membershipVersion}`;
    if (!this.isLive || this.lastRemoval === key) return;
    this.lastRemoval = key;
    const wasAttached = this.deps.handlers.detach(this, removed.channel.id);
    const encoded = this.adapter.encodeEvent(removed, null);
    if (encoded && encoded.except !== this.id && encoded.accepts?.(this) !== false) this.send(encoded.frame);
    if (wasAttached && this.announced && this.channels.size === 0) {
      this.refuse(new Fault('forbidden', 'not_member', 'Not a member of this channel any more'));
    }
  }

  follow(joined: Joining): void {
    if (!this.isLive || this.suspended || !this.adapter.joinsLive?.(joined.channel)) return;
    if (this.currentPhase === 'open') this.deps.handlers.follow(this, joined);
    else (this.joined ??= []).push(joined);
  }

  /** The client has sent no credentials, and other connections need the slot. */
  private evict(): void {
    this.deps.counters.throttled.too_many_unauthenticated += 1;
    this.refuse(refusalFault('too_many_unauthenticated'));
    this.socket.terminate();
  }

  /** false: the last ping was not answered, and the connection is terminated. */
  private ping(now: number): boolean {
    // While reading is paused, the pong waits behind the frames.
    if (this.delayed) this.heartbeat.excuse();
    const payload = this.heartbeat.beat(now);
    if (payload) {
      this.socket.ping(payload);
      return true;
    }
    this.countEnd('silent');
    this.socket.terminate();
    return false;
  }

  protected sentInOrder(frame: string): boolean {
    return this.inbox?.stream.sendInOrder(this, frame) ?? false;
  }

  /** Counts once: the first reason is the cause. */
  private countEnd(why: CloseReason): void {
    if (!this.counted) this.deps.counters.closes[why] += 1;
    this.counted = true;
  }

  private release(): void {
    const rooms = this.rooms ?? [];
    this.rooms = null;
    for (const room of rooms.reverse()) room.release(this);
    this.inbox = null;
  }

  private assertPhase(...phases: Phase[]): void {
    if (!phases.includes(this.currentPhase))
      throw new Error(`A connection that is ${this.currentPhase} cannot do this`);
  }
}
