import { randomUUID } from 'node:crypto';
import { Fault } from '@parley/contracts';
import type { AccountPrincipal, BusEvent, BusEventNamed, ConnectionId, SessionId } from '@parley/contracts';
import type { CommandConnection } from '../commands/caller.js';
import type { InboxOwner } from '../inbox/inbox-subscription.js';
import { refusalFault } from '../limits/connection-limits.js';
import type { TokenBucket } from '../limits/token-bucket.js';
import type { Close } from '../protocol/dialect.js';
import type { RequestId } from '../protocol/command.js';
import type { Joining } from '../streams/member.js';
import { noTimerSlot } from '../timing/timer-wheel.js';
import type { Timed } from '../timing/timer-wheel.js';
import type { AcceptedUpgrade } from './accepted-upgrade.js';
import { reasonOf, reasonOfTheirs } from './connection-metrics.js';
import type { CloseReason } from './connection-metrics.js';
import type { ConnectionDeps, ConnectionSocket, SocketListener } from './connection-deps.js';
import { dueAtOf } from './connection-state.js';
import { Heartbeat } from './heartbeat.js';
import { Outgoing } from './outgoing.js';
import type { Room } from './owned-rooms.js';

/** One WebSocket and its life. It allocates nothing per message, and what only a busy connection needs is made when it becomes busy. */
export class Connection
  extends Outgoing<Connection, ConnectionDeps<Connection>>
  implements CommandConnection, InboxOwner, SocketListener, Timed
{
  readonly id = randomUUID() as ConnectionId;
  timerSlot = noTimerSlot;
  timerDue = 0;
  private readonly heartbeat: Heartbeat;
  private isCounted = false;

  constructor(
    readonly socket: ConnectionSocket,
    upgrade: AcceptedUpgrade,
    deps: ConnectionDeps<Connection>,
  ) {
    const { clock, timings } = deps;
    const now = clock();
    super(socket, deps, upgrade, now + timings.firstFrameMs);
    this.heartbeat = new Heartbeat(timings.heartbeatMs, now);
    this.slot.evict = () => this.evict();
    this.schedule();
    socket.listen(this);
  }

  /** `expiresInMs`: how long its token is valid. */
  authenticate(principal: AccountPrincipal, expiresInMs: number): void {
    this.verify(principal, this.expiryIn(expiresInMs));
    this.schedule();
  }

  /** Continues with a newer token of the same session; `name`: the display name in it, under which messages are sent from now on. */
  renew(expiresInMs: number, name: string): void {
    this.verified.renew(name, this.expiryIn(expiresInMs));
    this.schedule();
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

  /** Closes the connection, unless it is closing already. */
  close({ code, reason }: Close, flushes = true, why = reasonOf(code)): void {
    if (!this.isLive) return;
    this.countEnd(why);
    this.authenticated?.release(this);
    if (flushes) this.deps.writeBuffer.settle(this.output);
    const { isPaused } = this;
    this.enterClosing(this.deps.clock() + this.deps.timings.closeMs);
    // The client's close frame comes after the data that was not read.
    if (isPaused) this.socket.resumeReading();
    this.schedule();
    this.socket.close(code, reason);
  }

  cutOff(): void {
    this.countEnd('slow_reader');
    this.socket.terminate();
  }

  onClosed(code: number): void {
    this.countEnd(reasonOfTheirs(code));
    if (this.isLive) this.authenticated?.release(this);
    this.enterClosed();
    this.slot.release();
    this.output.clear();
    this.deps.timers.forget(this);
    this.deps.handlers.closed(this);
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

  onPong(payload: Buffer): void {
    this.heartbeat.onPong(payload);
  }

  /** Calls `release` when the connection closes, the last one first; immediately if it is closed already. */
  own(room: Room<Connection>): void {
    if (this.isLive) this.verified.own(room);
    else room.release(this);
  }

  get frameBudget(): TokenBucket {
    return this.verified.frameBudget(this.deps.limits, this.deps.clock());
  }

  expectAcks(count: number): void {
    this.frameBudget.expectAcks(count);
  }

  nextClientId(): string {
    return `${this.id}:${this.verified.nextMessageNumber()}`;
  }

  belongsTo(sessionId: SessionId): boolean {
    // A session that ends while the connection opens ends it too.
    return this.isLive && this.authenticated?.principal.sessionId === sessionId;
  }

  suspend(): void {
    this.verified.isSuspended = true;
    this.inbox?.suspend();
    this.deps.handlers.suspended(this);
  }

  reactivate(): void {
    this.verified.isSuspended = false;
    this.deps.handlers.reactivated(this);
  }

  /** Handles waiting frames after `ms`, as far as the limits allow then. */
  releaseLater(ms: number): void {
    if (this.current.phase !== 'open' || this.current.releaseAt !== null) return;
    this.current.releaseAt = this.deps.clock() + ms;
    this.schedule();
  }

  /** Resumes reading: no frame waits any more. The pong to the last ping may not have been read yet, so the next one counts. */
  readOn(): void {
    if (this.current.phase !== 'open') return;
    this.current.waiting = null;
    this.heartbeat.excuse();
    this.socket.resumeReading();
  }

  /** Its account may not read a channel any more: sends the event, and closes a connection that was opened for that channel only. */
  onRemoved(removed: BusEventNamed<'member.removed'>): void {
    if (!this.isLive || !this.verified.isNewRemoval(removed.channel)) return;
    const wasAttached = this.deps.handlers.detach(this, removed.channel.id);
    this.sendEvent(removed);
    const wasForIt = this.current.phase === 'open' && this.current.closesWhenDetached && this.attached.size === 0;
    if (wasAttached && wasForIt) {
      this.refuse(new Fault('forbidden', 'not_member', 'Not a member of this channel any more'));
    }
  }

  onAccountEvent(event: BusEvent): void {
    // Before the greeting a client knows nothing yet that the event could change.
    if (this.phase === 'open' && !this.isSuspended) this.sendEvent(event, this.principal);
  }

  follow(joined: Joining): void {
    if (!this.isLive || this.isSuspended || !this.adapter.joinsLive?.(joined.channel)) return;
    if (this.current.phase === 'open') this.deps.handlers.follow(this, joined);
    else if (this.current.phase === 'opening') (this.current.joined ??= []).push(joined);
  }

  onDue(now: number): void {
    switch (this.current.phase) {
      case 'unauthenticated':
        if (now < this.current.closeBy) break;
        return this.refuse(new Fault('unauthenticated', 'authentication_timeout', 'No token was provided in time'));
      case 'opening':
      case 'open':
        if (!this.authenticated?.isExpired(now)) break;
        return this.refuse(new Fault('unauthenticated', 'token_expired', 'The access token has expired'));
      case 'closing':
        return this.socket.terminate();
      case 'closed':
        return;
    }
    if (this.current.phase === 'open') this.startDue(now);
    if (now < this.heartbeat.dueAt || this.ping(now)) this.schedule();
  }

  /** Sets the timer to the earliest deadline. */
  schedule(): void {
    if (this.phase === 'closed') return;
    const due = dueAtOf(this.current);
    this.deps.timers.set(this, this.isLive ? Math.min(due, this.heartbeat.dueAt) : due);
  }

  /** Reading stops while frames wait because of a limit. */
  private get isPaused(): boolean {
    return this.adapter.delaysBursts === true && this.waiting !== null;
  }

  private startDue(now: number): void {
    if (this.inbox && now >= this.inbox.dueAt) this.inbox.start();
    if (this.current.phase !== 'open' || now < (this.current.releaseAt ?? Infinity)) return;
    this.current.releaseAt = null;
    this.deps.handlers.delayedFrames(this);
  }

  private expiryIn(ms: number): number | null {
    return this.outlivesToken ? null : Math.ceil(this.deps.clock() + ms);
  }

  /** The client has sent no credentials, and other connections need the slot. */
  private evict(): void {
    this.deps.counters.throttled.too_many_unauthenticated += 1;
    this.refuse(refusalFault('too_many_unauthenticated'));
    this.socket.terminate();
  }

  /** false: the last ping was not answered, and the connection is terminated. */
  private ping(now: number): boolean {
    this.authenticated?.dropFullBudget(now);
    // While reading is paused, the pong waits behind the frames.
    if (this.isPaused) this.heartbeat.excuse();
    const payload = this.heartbeat.beat(now);
    if (payload) {
      this.socket.ping(payload);
      return true;
    }
    this.countEnd('silent');
    this.socket.terminate();
    return false;
  }

  /** Counts once: the first reason is the cause. */
  private countEnd(why: CloseReason): void {
    if (!this.isCounted) this.deps.counters.closes[why] += 1;
    this.isCounted = true;
  }
}
