import type { BufferedSocket } from './buffered-socket.js';
import type { GroupWriter, SubscriberGroup } from './subscriber-group.js';
import { createFlushScheduler } from './flush-scheduler.js';

export interface WriteLimits {
  /** More pending bytes than this close a connection at once. */
  readonly hardBytes: number;
  /** More than this, for longer than `softMs`, closes it too. */
  readonly softBytes: number;
  readonly softMs: number;
}

export interface WriteMetrics {
  flushes: number;
  /** Frames times the connections that each was written to. */
  deliveries: number;
  writes: number;
  bytes: number;
  /** Total duration of all flushes. */
  flushMs: number;
}

/** Copying a few small frames costs less than the vectored write of a corked stream; large ones are not copied. */
const joinedBytesMax = 16 * 1024;

/**
 * Outgoing frames. They gather until the window closes; then each connection gets its pending frames in one write: first its own
 * frames, then those of its groups, each group's joined once for all members that receive all of them.
 */
export class WriteBuffer implements GroupWriter {
  readonly counters: WriteMetrics = { flushes: 0, deliveries: 0, writes: 0, bytes: 0, flushMs: 0 };
  private commits: number[] = [];
  private readonly groups: SubscriberGroup[] = [];
  private readonly receivers: BufferedSocket[] = [];
  private readonly joiners: BufferedSocket[] = [];
  private readonly settling: BufferedSocket[] = [];
  private readonly flushScheduler = createFlushScheduler(() => this.flush());
  private flushing = false;
  private turn = 0;
  private now = 0;

  constructor(
    private readonly limits: WriteLimits,
    private readonly clock: () => number,
    /** A dialect failed while it filtered subscribers; the other groups continue. */
    private readonly failed: (error: unknown) => void,
    /** Observes for each message that was written how long ago it was committed, in seconds. */
    private readonly lag: { observe(seconds: number): void } | null = null,
  ) {}

  /** How long frames gather currently, in milliseconds. */
  get windowMs(): number {
    return this.flushScheduler.widthMs;
  }

  /** A group calls this when its first pending frame is added. */
  wake(group: SubscriberGroup): void {
    this.groups.push(group);
    this.flushScheduler.open();
  }

  /** A group holds as much as one write should have; frames added later in this turn of the event loop go in the next write. */
  full(): void {
    if (!this.flushing) this.flush();
  }

  /** Queues a frame for one connection. */
  send(receiver: BufferedSocket, frame: Buffer): void {
    if (receiver.own) receiver.own.push(frame);
    else {
      receiver.own = [frame];
      this.receivers.push(receiver);
    }
    receiver.ownBytes += frame.length;
    this.flushScheduler.open();
  }

  /** The next flush writes a message that was committed at this time (epoch milliseconds). */
  carries(committedAt: number): void {
    if (this.lag) this.commits.push(committedAt);
  }

  /** Writes the pending frames of one connection alone: it is about to be closed, or its client waits for them. */
  settle(receiver: BufferedSocket): void {
    this.flushOwn(receiver);
  }

  /** The same at the end of this turn of the event loop. */
  settleSoon(receiver: BufferedSocket): void {
    // With a window of 0 the flush is due then.
    if (this.windowMs === 0 || this.settling.push(receiver) > 1) return;
    setImmediate(() => {
      for (const one of this.settling.splice(0)) this.flushOwn(one);
    });
  }

  flush(): void {
    const startedAt = performance.now();
    this.flushing = true;
    this.turn += 1;
    this.now = this.clock();
    const groups = this.groups.splice(0);
    const receivers = this.receivers.splice(0);
    if (groups.length + receivers.length > 1) this.countTouches(groups, receivers);
    for (const receiver of receivers) this.flushOwn(receiver);
    for (const group of groups) this.flushGroup(group);
    for (const receiver of this.joiners.splice(0)) writeJoined(receiver);
    this.counters.flushes += 1;
    this.flushing = false;
    this.reportLag();
    const tookMs = performance.now() - startedAt;
    this.counters.flushMs += tookMs;
    this.flushScheduler.closed(tookMs);
    if (this.groups.length + this.receivers.length > 0) this.flushScheduler.open();
  }

  stop(): void {
    this.flush();
    this.flushScheduler.stop();
  }

  private reportLag(): void {
    if (this.commits.length === 0) return;
    const now = this.clock();
    // Not below 0: nothing is written before it is committed, but the clocks of two hosts differ a little.
    for (const committedAt of this.commits) this.lag?.observe(Math.max(0, now - committedAt) / 1_000);
    this.commits = [];
  }

  /** What a socket gets by more than one write in this flush is joined, so that one system call is enough. */
  private countTouches(groups: readonly SubscriberGroup[], receivers: readonly BufferedSocket[]): void {
    for (const receiver of receivers) this.touch(receiver);
    for (const group of groups) for (const member of group.members) this.touch(member);
  }

  private touch(receiver: BufferedSocket): void {
    if (receiver.touchedIn === this.turn) receiver.touches += 1;
    else {
      receiver.touchedIn = this.turn;
      receiver.touches = 1;
    }
  }

  private flushGroup(group: SubscriberGroup): void {
    try {
      this.counters.deliveries += group.flush(this.put);
    } catch (error) {
      this.failed(error);
    }
  }

  private flushOwn(receiver: BufferedSocket): void {
    const frames = receiver.own;
    receiver.own = null;
    receiver.ownBytes = 0;
    if (!frames) return;
    const [only] = frames;
    this.counters.deliveries += frames.length;
    this.put(receiver, frames.length === 1 && only ? only : Buffer.concat(frames));
  }

  private readonly put = (receiver: BufferedSocket, bytes: Buffer): void => {
    const { socket } = receiver;
    if (!socket.isOpen) return;
    const pending = socket.pendingBytes + receiver.joiningBytes;
    if (pending <= this.limits.softBytes) receiver.behindSince = 0;
    else if (this.isTooSlow(receiver, pending)) {
      // Before the close frame.
      writeJoined(receiver);
      receiver.tooSlow();
      return;
    }
    this.counters.writes += 1;
    this.counters.bytes += bytes.length;
    if (this.flushing && receiver.touchedIn === this.turn && receiver.touches > 1) this.join(receiver, bytes);
    else socket.write(bytes);
  };

  private join(receiver: BufferedSocket, bytes: Buffer): void {
    if (receiver.joining) receiver.joining.push(bytes);
    else {
      receiver.joining = [bytes];
      this.joiners.push(receiver);
    }
    receiver.joiningBytes += bytes.length;
  }

  private isTooSlow(receiver: BufferedSocket, pending: number): boolean {
    if (receiver.behindSince === 0) receiver.behindSince = this.now;
    return pending > this.limits.hardBytes || this.now - receiver.behindSince > this.limits.softMs;
  }
}

const writeJoined = (receiver: BufferedSocket): void => {
  const { socket, joining, joiningBytes } = receiver;
  if (!joining) return;
  receiver.joining = null;
  receiver.joiningBytes = 0;
  if (joiningBytes <= joinedBytesMax) return socket.write(Buffer.concat(joining, joiningBytes));
  socket.cork();
  for (const bytes of joining) socket.write(bytes);
  socket.uncork();
};
