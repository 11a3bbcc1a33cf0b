import { Fault } from '@parley/contracts';
import type { Acknowledger } from '../inbox/acknowledgements.js';
import type { AccountBudget, RealtimeLimits } from '../limits/realtime-limits.js';
import type { Decoded } from '../protocol/dialect.js';
import type { KeyedQueue } from '../timing/keyed-queue.js';
import type { Timings } from '../timing/timings.js';
import { queueKeyOf } from './command-queue.js';
import type { QueuedCommand } from './queued-command.js';
import type { ConnectionMetrics } from './connection-metrics.js';
import type { Connection } from './connection.js';
import type { FrameBacklog } from './frame-backlog.js';

export interface FrameHandlerDeps {
  /** Opens a connection whose first frame carries its credentials. */
  openConnection(connection: Connection, firstFrame: string): Promise<void>;
  queueFor(connection: Connection): KeyedQueue<QueuedCommand>;
  readonly acknowledger: Acknowledger;
  readonly accountBudget: AccountBudget;
  readonly counters: ConnectionMetrics;
  readonly limits: Pick<RealtimeLimits, 'frameBytesMax'>;
  readonly timings: Pick<Timings, 'earlyFramesMax' | 'earlyBytesMax' | 'pendingCommandsMax'>;
  /** Monotonic milliseconds. */
  readonly clock: () => number;
}

/** Between two attempts to handle delayed frames. */
const releaseMs = 50;
/** Bytes that may have been read from a socket before reading stops, besides one frame. */
const delayedBytesExtra = 256 * 1024;

/** Handles a frame: keeps it while its connection is opening, takes the credentials from it, or decodes it into a command. */
export class FrameHandler {
  constructor(private readonly deps: FrameHandlerDeps) {}

  handle(connection: Connection, text: string): void {
    if (connection.adapter.delaysBursts && connection.phase !== 'unauthenticated') this.handleDelayed(connection, text);
    else if (connection.phase === 'opening') this.keepEarly(connection, text);
    else if (connection.phase === 'unauthenticated') void this.deps.openConnection(connection, text);
    else this.handleNow(connection, text);
  }

  /** The connection is open: handles the frames that arrived while it was opening. */
  handleEarly(connection: Connection, early: FrameBacklog): void {
    for (let frame = early.shift(); frame !== undefined && connection.isLive; frame = early.shift()) {
      this.handle(connection, frame);
    }
    if (connection.waiting) this.releaseDelayed(connection);
  }

  /** Handles the delayed frames, as far as the limits allow; resumes reading when none is left. */
  releaseDelayed(connection: Connection): void {
    const { waiting } = connection;
    while (waiting && waiting.count > 0 && connection.isLive) {
      if (!this.takeRoom(connection)) return connection.releaseLater(releaseMs);
      this.decode(connection, waiting.shift() ?? '', null);
    }
    connection.readOn();
  }

  private handleNow(connection: Connection, text: string): void {
    const refusal = connection.frameBudget.take(this.deps.clock()) ?? this.takeOfAccount(connection);
    if (refusal === 'flooding') return connection.close({ code: 1008, reason: 'Too many frames' });
    this.decode(connection, text, refusal);
  }

  private decode(connection: Connection, text: string, refusal: { readonly retryAfterMs: number } | null): void {
    const { counters, accountBudget } = this.deps;
    let decoded: Decoded;
    try {
      decoded = connection.adapter.decode(text, connection);
    } catch (error) {
      return connection.refuseFrame(error, null);
    }
    const isFree = decoded.command.type === 'inbox.acknowledge' && connection.frameBudget.isExpectedAck(refusal);
    if (isFree && !refusal) accountBudget.giveBack(connection.principal.accountId);
    if (refusal && !isFree) {
      counters.throttled.too_many_frames += 1;
      const fault = new Fault('rate_limited', 'too_many_frames', 'Too many frames', refusal);
      return connection.refuseFrame(fault, decoded.requestId);
    }
    this.enqueue(connection, decoded, text.length);
  }

  private enqueue(connection: Connection, { command, requestId, traceparent }: Decoded, size: number): void {
    const { acknowledger, clock, counters, queueFor } = this.deps;
    // Only the first frame may resume the inbox; with any other, the inbox starts where the connection was opened.
    const resumes = command.type === 'session.resume' && command.inbox !== undefined;
    if (!resumes) connection.inbox?.start();
    if (command.type === 'nothing') return;
    if (command.type === 'answer') return connection.send(command.frame);
    if (command.type === 'inbox.acknowledge') return acknowledger.acknowledge(connection, command.reference);
    const commands = connection.commands ?? connection.useCommands(queueFor(connection));
    const queued = { command, requestId, receivedAt: clock(), size, traceparent };
    if (commands.push(queueKeyOf(command), queued)) return;
    counters.throttled.too_many_pending += 1;
    const fault = new Fault('rate_limited', 'too_many_pending', 'Too much is waiting', { retryAfterMs: 1_000 });
    connection.refuseFrame(fault, requestId);
  }

  /** Handles a frame that the limits allow; others wait in order, and the gateway reads nothing more until they are handled. */
  private handleDelayed(connection: Connection, text: string): void {
    if (!connection.waiting && connection.phase === 'open' && this.takeRoom(connection))
      return this.decode(connection, text, null);
    const waiting = connection.keep(text);
    if (waiting.bytes > this.deps.limits.frameBytesMax + delayedBytesExtra) {
      return connection.close({ code: 1009, reason: 'Too much at once' });
    }
    connection.socket.pauseReading();
    if (connection.phase === 'open') connection.releaseLater(releaseMs);
  }

  private takeRoom(connection: Connection): boolean {
    const { commands, frameBudget } = connection;
    if (commands && commands.depth >= this.deps.timings.pendingCommandsMax) return false;
    if (frameBudget.take(this.deps.clock()) !== null) return false;
    if (this.takeOfAccount(connection) === null) return true;
    frameBudget.giveBack();
    return false;
  }

  /** The account's budget covers all its connections and its REST calls. */
  private takeOfAccount({ principal }: Connection): { readonly retryAfterMs: number } | null {
    const retryAfterMs = this.deps.accountBudget.take(principal.accountId);
    return retryAfterMs === null ? null : { retryAfterMs };
  }

  private keepEarly(connection: Connection, text: string): void {
    const { earlyFramesMax, earlyBytesMax } = this.deps.timings;
    const early = connection.keep(text);
    if (early.count > earlyFramesMax) connection.close({ code: 1008, reason: 'Too many frames before the answer' });
    else if (early.bytes > earlyBytesMax) connection.close({ code: 1009, reason: 'Too much before the answer' });
  }
}
