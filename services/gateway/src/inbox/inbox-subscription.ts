import { Fault, asFault } from '@parley/contracts';
import type { Log } from '@parley/runtime';
import type { Resumed } from '../protocol/command.js';
import type { StreamMember } from '../streams/member.js';
import type { CatchUpOptions } from '../streams/replay.js';
import { receives } from '../streams/replay.js';
import type { StreamRegistry } from '../streams/stream-registry.js';
import type { Stream } from '../streams/stream.js';
import type { Timings } from '../timing/timings.js';
import { accountScope } from '../protocol/scopes.js';

/** A connection, as the inbox of its account sees it. */
export interface InboxOwner extends StreamMember {
  /** It releases the inbox when it closes. */
  useInbox(inbox: InboxSubscription): void;
  /** `dueAt` changed. */
  schedule(): void;
}

export interface InboxDeps {
  readonly registry: StreamRegistry;
  readonly timings: Pick<Timings, 'inboxWaitMs' | 'inboxRetryMs'>;
  readonly log: Log;
  /** Monotonic milliseconds. */
  readonly clock: () => number;
  catchUp(member: StreamMember, stream: Stream, after: number, options: Required<CatchUpOptions>): Promise<Resumed>;
}

/**
 * The inbox of a connection's own account: its direct messages in one order. It starts `inboxWaitMs` after the connection opened, so that
 * a client that resumes it first receives all in order.
 */
export class InboxSubscription {
  /** The sequence after which it starts; null: it has started. */
  private from: number | null;
  /** null: it is not scheduled. */
  private startAt: number | null = null;
  /** Counts the attempts to start it: what an earlier attempt reads is not wanted any more. */
  private attempt = 0;

  private constructor(
    readonly stream: Stream,
    private readonly owner: InboxOwner,
    private readonly deps: InboxDeps,
  ) {
    this.from = stream.sequencer.delivered;
  }

  /** Subscribes; null: the connection closed meanwhile. */
  static async open(owner: InboxOwner, deps: InboxDeps): Promise<InboxSubscription | null> {
    const { principal, adapter } = owner;
    const stream = await deps.registry.take(accountScope(principal.accountId), principal.realm);
    if (!owner.isLive) {
      deps.registry.giveBack(stream);
      return null;
    }
    const inbox = new InboxSubscription(stream, owner, deps);
    stream.attached.add(owner);
    owner.useInbox(inbox);
    // A dialect that decides where its inbox begins receives nothing of it before its greeting.
    const begins = adapter.tracksDelivery && adapter.onReactivated;
    if (inbox.from === null && !begins) stream.join(owner, adapter, 0);
    return inbox;
  }

  /** When `start` is due, by the clock of its dependencies. */
  get dueAt(): number {
    return this.from === null ? Infinity : (this.startAt ?? Infinity);
  }

  /** Schedules the start: the connection is open. */
  startSoon(): void {
    this.startAt = Math.ceil(this.deps.clock() + this.deps.timings.inboxWaitMs);
  }

  /** Replays the inbox after a sequence that the client names. If that fails, it is retried from where the replay got to. */
  async resume(after: number): Promise<Resumed> {
    const { owner, deps, stream } = this;
    const attempt = this.begin();
    this.from = null;
    this.startAt = null;
    let reached = after;
    try {
      return await deps.catchUp(owner, stream, after, {
        isWanted: () => this.isCurrent(attempt) && receives(owner, stream),
        onPage: (position) => void (reached = position),
      });
    } catch (error) {
      if (this.isCurrent(attempt) && owner.isLive) {
        // What was written before the failure is not written again.
        this.from = reached;
        this.startAt = Math.ceil(deps.clock() + deps.timings.inboxRetryMs * (0.5 + Math.random()));
        owner.schedule();
      }
      throw error;
    }
  }

  /** Without a sequence from the client, the inbox starts where the connection was opened. */
  start(): void {
    const { from, owner } = this;
    if (from === null || owner.isSuspended) return;
    this.resume(from).catch((error: unknown) => {
      const { reason } = asFault(error);
      // The client resumed it meanwhile, or the connection closed.
      if (reason === 'detached') return;
      this.deps.log.warn({ connectionId: owner.id, reason }, 'The inbox could not be read');
    });
  }

  /** Starts after this sequence; undefined: with the messages that arrive from now on. */
  startFrom(after: number | undefined): void {
    this.from = after ?? this.stream.sequencer.delivered;
    this.start();
  }

  /** Cancels the attempt in progress and returns the number of the next. */
  begin(): number {
    this.attempt += 1;
    return this.attempt;
  }

  isCurrent(attempt: number): boolean {
    return this.attempt === attempt && !this.owner.isSuspended;
  }

  /** Writes a frame after everything that the inbox has delivered. false: the inbox is not live. */
  sendInOrder(frame: string): boolean {
    return this.stream.sendInOrder(this.owner, frame);
  }

  /** A newer connection of the account superseded this one: it receives nothing for now. */
  suspend(): void {
    this.stream.leave(this.owner);
  }

  /** The connection is closed. */
  release(): void {
    this.stream.leave(this.owner);
    this.stream.attached.delete(this.owner);
    this.deps.registry.giveBack(this.stream);
  }
}

export const noInbox = (): Fault =>
  new Fault('unavailable', 'no_inbox', 'The inbox is not there yet', { retryAfterMs: 1_000 });
