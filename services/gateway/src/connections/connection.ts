import { randomBytes, randomUUID } from 'node:crypto';
import { Fault, asFault } from '@parley/contracts';
import type {
  AccountPrincipal,
  ChannelId,
  ChannelSnapshot,
  ConnectionId,
  BusEventNamed,
  Realm,
  SessionId,
} from '@parley/contracts';
import type { RequestId, Close, Result, SocketAdapter } from '../protocol/dialect.js';
import { refusalFault } from '../limits/connection-limits.js';
import { frameOf } from '../broadcast/frames.js';
import type { LiveSocket, SocketListener } from '../websocket/socket.js';
import type { Acknowledging } from '../inbox/acknowledgements.js';
import type { TokenBucket } from '../limits/token-bucket.js';
import type { AcceptedUpgrade } from './opening.js';
import { reasonOf, reasonOfTheirs } from './connection-metrics.js';
import type { CloseReason } from './connection-metrics.js';
import { announce } from './ground.js';
import type { Ground } from './ground.js';
import type { KeyedQueue } from '../timing/keyed-queue.js';
import type { StreamMember, Joining } from '../streams/membership.js';
import type { PeerNetwork } from '../peers/peer-network.js';
import { startInbox } from '../inbox/inbox-subscription.js';
import { handleFrame, releaseHeld } from './frame-handler.js';
import type { Stream } from '../streams/stream.js';
import { notScheduled } from '../timing/timer-wheel.js';
import type { Timer } from '../timing/timer-wheel.js';
import type { QueuedCommand } from './command-queue.js';

type Removed = BusEventNamed<'member.removed'>;
/** `unproven`: the first frame is to bring the token. `arriving`: it is looked up, and the wire opens. */
type Phase = 'unauthenticated' | 'opening' | 'open' | 'closing' | 'closed';

const pingBytes = 8;
const noChannels: ReadonlyMap<ChannelId, ChannelSnapshot> = new Map();

/** One live connection. Nothing here is made per message, and what only a busy connection needs is made when it gets busy. */
export class Connection implements StreamMember, SocketListener, Timer, TokenBucket {
  readonly id = randomUUID() as ConnectionId;
  phase: Phase;
  // Set by arrival, before anything reads them.
  principal!: AccountPrincipal;
  state: unknown = null;
  expiresAt = Infinity;
  announced: readonly ChannelSnapshot[] | null = null;
  /** When it opened, among the connections of its account; 0: it is not open yet. */
  since = 0;
  /** A newer connection of its account hears in its place. */
  superseded = false;
  /** Channels that its account joined while it was let in. */
  joined: Joining[] | null = null;
  /** Channels that it is about to hear because its account joined them. */
  following: Set<ChannelId> | null = null;
  attached: ReadonlyMap<ChannelId, ChannelSnapshot> = noChannels;
  inbox: Stream | null = null;
  peering: 'asked' | 'registered' | undefined;
  network: PeerNetwork | null = null;
  /** Where the inbox begins for this connection, until it is heard; and when it is to be, if no frame comes before. */
  inboxFrom: number | null = null;
  inboxAt = Infinity;
  /** Counts how often the inbox was begun; what an earlier time brings is not wanted any more. */
  inboxTurn = 0;
  early: string[] | null = null;
  /** Frames that wait for room, where the wire delays bursts; reading is paused meanwhile. When to look again. */
  held: { readonly frames: string[]; bytes: number } | null = null;
  releaseAt = Infinity;
  earlyBytes = 0;
  sent = 0;
  commands: KeyedQueue<QueuedCommand> | null = null;
  typedAt: Map<ChannelId, number> | null = null;
  acknowledging: Acknowledging | null = null;
  // The outbox's, the wheel's and the allowance's.
  own: Buffer[] | null = null;
  ownBytes = 0;
  touchedIn = 0;
  touches = 0;
  corkedIn = 0;
  behindSince = 0;
  timerSlot = notScheduled;
  timerDue = 0;
  tokens: number;
  refilledAt: number;
  refused = 0;
  unmeteredAcks = 0;
  /** What the last ping said, until it is answered. */
  private awaitedPong: Buffer | null = null;
  private pingAt: number;
  private closeBy = Infinity;
  private counted = false;
  private lastRemoval = '';

  constructor(
    readonly socket: LiveSocket,
    readonly upgrade: AcceptedUpgrade,
    readonly ground: Ground,
  ) {
    const now = ground.clock();
    this.tokens = ground.limits.framesBurst;
    this.refilledAt = now;
    // Spread, so that those who connected together are not pinged together for ever.
    this.pingAt = now + ground.timings.heartbeatMs * (0.5 + Math.random() * 0.5);
    this.phase = upgrade.credentials || !upgrade.adapter.firstFrameMayAuthenticate ? 'opening' : 'unauthenticated';
    this.closeBy = now + ground.timings.firstFrameMs;
    if (this.phase === 'unauthenticated') upgrade.slot.evict = () => this.evict();
    this.schedule();
    socket.listen(this);
  }

  get adapter(): SocketAdapter {
    return this.upgrade.adapter;
  }

  get realm(): Realm {
    return this.principal.realm;
  }

  get isLive(): boolean {
    return this.phase !== 'closing' && this.phase !== 'closed';
  }

  get pendingBytes(): number {
    return this.ownBytes + this.socket.pendingBytes;
  }

  belongsTo(sessionId: SessionId): boolean {
    // While it arrives nobody may be known yet; once proved, an end that is told in the meantime ends it too.
    const principal = this.principal as AccountPrincipal | undefined;
    return this.isLive && principal?.sessionId === sessionId;
  }

  accepts(stream: Stream): boolean {
    return this.isLive && !this.superseded && stream.attached.has(this);
  }

  onText(text: string): void {
    this.ground.counters.framesIn += 1;
    if (!this.isLive) return;
    try {
      handleFrame(this, text);
    } catch (error) {
      // Nothing above this would catch it: one connection's frame must not end the process.
      this.ground.log.error({ err: error, connectionId: this.id }, 'A frame could not be handled');
      this.close({ code: 1011, reason: 'Internal error' });
    }
  }

  send(frame: string): void {
    if (this.isLive) this.ground.writeBuffer.send(this, frameOf(frame));
  }

  answer(result: Result, requestId: RequestId | undefined): void {
    const frame = this.isLive ? this.adapter.encodeResult(result, requestId, this) : null;
    if (frame !== null) this.send(frame);
  }

  /** In the order of the own inbox: after every message that it has delivered. */
  answerInOrder(result: Result, requestId: RequestId | undefined): void {
    const frame = this.isLive ? this.adapter.encodeResult(result, requestId, this) : null;
    if (frame !== null && !this.inbox?.sendInOrder(this, frame)) this.send(frame);
  }

  /** Says no to one frame; the connection stays. */
  refuseFrame(error: unknown, requestId: RequestId | undefined): void {
    const fault = asFault(error);
    if (fault.code === 'internal') this.ground.log.error({ err: fault, connectionId: this.id }, 'A frame failed');
    const frame = this.isLive ? this.said(() => this.adapter.encodeFault(fault, requestId)) : null;
    if (frame !== null) this.send(frame);
  }

  /** Sends the dialect's error frame, as the answer to the request `about` if there is one, then closes the connection. */
  refuse(fault: Fault, requestId: RequestId | undefined = null): void {
    if (!this.isLive) return;
    const frame = this.said(() => this.adapter.encodeFault(fault, requestId));
    if (frame !== null) this.send(frame);
    this.close(this.adapter.close(fault), true, fault.code);
  }

  tooSlow(): void {
    if (!this.isLive) return;
    // What waits goes out before the close, and it does not read: it is cut off when it takes too long.
    this.close({ code: 1013, reason: 'slow reader: come back and resume' }, false);
  }

  /** Nothing waits any more. An answer to the last ping may be among what was not read yet: the next one counts. */
  readOn(): void {
    this.held = null;
    this.awaitedPong = null;
    this.socket.resumeReading();
  }

  /** Its client has sent nothing to authenticate with, and others wait for the place. */
  private evict(): void {
    this.ground.counters.throttled.too_many_unauthenticated += 1;
    this.refuse(refusalFault('too_many_unauthenticated'));
    this.socket.terminate();
  }

  cutOff(): void {
    this.countEnd('slow_reader');
    this.socket.terminate();
  }

  close({ code, reason }: Close, flushes = true, why = reasonOf(code)): void {
    if (!this.isLive) return;
    this.countEnd(why);
    this.leaveAll();
    if (flushes) this.ground.writeBuffer.settle(this);
    this.phase = 'closing';
    // Its answer to the close is behind what was not read.
    if (this.held) this.socket.resumeReading();
    this.releaseAt = Infinity;
    this.closeBy = this.ground.clock() + this.ground.timings.closeMs;
    this.schedule();
    this.socket.close(code, reason);
  }

  /** Its client is asked to come back elsewhere. */
  goAway(reconnectAfterMs: number): void {
    const frame = this.isLive ? this.said(() => this.adapter.encodeGoaway({ reconnectAfterMs })) : null;
    if (frame !== null) this.send(frame);
  }

  /** Only the payload of the ping itself shows that its client reads what it is sent. */
  onPong(payload: Buffer): void {
    if (this.awaitedPong?.equals(payload)) this.awaitedPong = null;
  }

  onClosed(code: number): void {
    this.countEnd(reasonOfTheirs(code));
    if (this.isLive) this.leaveAll();
    this.phase = 'closed';
    this.upgrade.slot.release();
    this.own = null;
    this.early = null;
    this.held = null;
    this.ground.timers.forget(this);
    this.ground.forget(this);
  }

  onDue(now: number): void {
    if (this.phase === 'closed') return;
    if (this.phase === 'closing') {
      this.socket.terminate();
      return;
    }
    if (now >= this.expiresAt) {
      return this.refuse(new Fault('unauthenticated', 'token_expired', 'The access token has expired'));
    }
    if (this.phase === 'unauthenticated' && now >= this.closeBy) {
      return this.refuse(new Fault('unauthenticated', 'authentication_timeout', 'No token was provided in time'));
    }
    if (this.phase === 'open' && now >= this.inboxAt) startInbox(this);
    if (this.phase === 'open' && now >= this.releaseAt) releaseHeld(this);
    if (now >= this.pingAt && !this.beat(now)) return;
    this.schedule();
  }

  /** Asks the wheel for the next moment at which something is to be done. */
  schedule(): void {
    if (this.phase === 'closed') return;
    let due = Math.min(this.pingAt, this.expiresAt);
    if (this.phase === 'unauthenticated' || this.phase === 'closing') due = Math.min(due, this.closeBy);
    due = Math.min(due, this.releaseAt);
    if (this.inboxFrom !== null) due = Math.min(due, this.inboxAt);
    this.ground.timers.set(this, due);
  }

  list(channel: ChannelSnapshot): void {
    if (this.attached === noChannels) this.attached = new Map();
    (this.attached as Map<ChannelId, ChannelSnapshot>).set(channel.id, channel);
  }

  unlist(channelId: ChannelId): boolean {
    return (this.attached as Map<ChannelId, ChannelSnapshot>).delete(channelId);
  }

  /** It may not hear a channel any more: it is told in its wire's words, and closed where that channel was all it was for. */
  onRemoved(removed: Removed): void {
    const key = `${removed.channel.id}:${removed.channel.membershipVersion}`;
    if (!this.isLive || this.lastRemoval === key) return;
    this.lastRemoval = key;
    const wasAttached = this.ground.attachments.detach(this, removed.channel.id);
    const encoded = this.adapter.encodeEvent(removed, null);
    if (encoded && encoded.except !== this.id && encoded.accepts?.(this) !== false) this.send(encoded.frame);
    if (wasAttached && this.announced && this.attached.size === 0) {
      this.refuse(new Fault('forbidden', 'not_member', 'Not a member of this channel any more'));
    }
  }

  follow(joined: Joining): void {
    if (!this.isLive || this.superseded || !this.adapter.joinsLive?.(joined.channel)) return;
    if (this.phase === 'open') this.ground.attachments.follow(this, joined);
    else (this.joined ??= []).push(joined);
  }

  /** false: the last ping was not answered, and the connection is cut. */
  private beat(now: number): boolean {
    // While reading is paused its answer waits behind the frames.
    if (this.awaitedPong && !this.held) {
      this.countEnd('silent');
      this.socket.terminate();
      return false;
    }
    this.awaitedPong = randomBytes(pingBytes);
    this.pingAt = now + this.ground.timings.heartbeatMs;
    this.socket.ping(this.awaitedPong);
    return true;
  }

  /** What a wire cannot say is not said; it must not keep a connection from being closed. */
  private said(encode: () => string | null): string | null {
    try {
      return encode();
    } catch (error) {
      this.ground.log.error({ err: error, connectionId: this.id }, 'A wire could not say something');
      return null;
    }
  }

  /** Once: the first reason is why. */
  private countEnd(why: CloseReason): void {
    if (!this.counted) this.ground.counters.closes[why] += 1;
    this.counted = true;
  }

  private leaveAll(): void {
    const { ground, inbox } = this;
    if (this.phase === 'open')
      for (const channel of this.announced ?? []) announce(ground, 'session.closed', this, channel);
    for (const channelId of [...this.attached.keys()]) ground.attachments.detach(this, channelId);
    ground.peers.leave(this);
    ground.deliveries.leave(this);
    ground.superseding.leave(this);
    if (!inbox) return;
    this.inbox = null;
    inbox.leave(this);
    inbox.attached.delete(this);
    ground.registry.giveBack(inbox);
  }
}
