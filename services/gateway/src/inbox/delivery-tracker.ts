import { asFault, deadlineIn } from '@parley/contracts';
import type { Realm, SequencedBusEvent } from '@parley/contracts';
import type { Log } from '@parley/runtime';
import type { Core } from '../core.js';
import type { WriteBuffer } from '../broadcast/write-buffer.js';
import type { AccountPrincipal, ConnectionId } from '@parley/contracts';
import type { BufferedSocket } from '../broadcast/buffered-socket.js';
import type { SocketAdapter } from '../protocol/dialect.js';
import { systemOf } from '../protocol/scopes.js';

const gatherMs = 20;
const retryMs = 1_000;
const callMs = 5_000;
const batchMax = 500;
const ackRequiredMax = 1_000;

/** A connection whose inbox is tracked. */
export interface TrackedConnection {
  readonly id: ConnectionId;
  readonly realm: Realm;
  readonly principal: AccountPrincipal;
  readonly adapter: SocketAdapter;
  readonly output: BufferedSocket;
  /** Its client is expected to acknowledge this many messages. */
  expectAcks(count: number): void;
  /** Calls `release` when the connection closes; immediately if it is closed already. */
  own(room: { release(connection: TrackedConnection): void }): void;
}

/** What was delivered of an inbox to a connection, and is not reported to chat yet. */
interface Delivery {
  sequence: number;
  /** Sequences of the messages that require an acknowledgement. */
  ackRequired: number[];
  /** The number of flushes when it was queued: the next flush writes it. */
  flushes: number;
}

type Report = ReturnType<typeof reportOf>;

/**
 * Reports to chat how far inboxes were written to sockets, for dialects that continue from there or whose senders ask. It reports in
 * batches, shortly after the write: what is not reported when this process dies is written once more to the next connection.
 */
export class DeliveryTracker {
  private readonly tracked = new Map<ConnectionId, TrackedConnection>();
  private readonly delivered = new Map<TrackedConnection, Delivery>();
  private readonly left: { realm: Realm; report: Report }[] = [];
  private timer: NodeJS.Timeout | null = null;
  private reporting: Promise<void> | null = null;
  private stopped = false;

  constructor(
    private readonly deps: {
      readonly core: Core;
      readonly writeBuffer: WriteBuffer;
      readonly log: Log;
      /** Realms in which senders ask whether a message was delivered. */
      readonly trackedIn: ReadonlySet<Realm>;
    },
  ) {}

  /** From now on `note` applies to this connection, if its dialect tracks delivery. */
  track(connection: TrackedConnection): void {
    if (!this.isTracked(connection)) return;
    this.tracked.set(connection.id, connection);
    connection.own(this);
  }

  /** An entry of the inbox was queued for this connection, or passed it because its dialect has no frame for it. */
  note(id: ConnectionId, event: SequencedBusEvent): void {
    const connection = this.tracked.get(id);
    if (!event.inbox || !connection) return;
    const { adapter } = connection;
    const { sequence } = event.inbox;
    const delivered = this.delivered.get(connection) ?? { sequence, ackRequired: [], flushes: 0 };
    delivered.sequence = Math.max(delivered.sequence, sequence);
    delivered.flushes = this.deps.writeBuffer.counters.flushes;
    if (adapter.wantsAcknowledgement?.(event, connection.principal)) {
      delivered.ackRequired.push(sequence);
      connection.expectAcks(1);
    }
    this.delivered.set(connection, delivered);
    if (delivered.ackRequired.length >= ackRequiredMax) void this.report();
    else this.arm(gatherMs);
  }

  /** The connection is closed. What its client took before that is reported. */
  release(connection: TrackedConnection): void {
    this.tracked.delete(connection.id);
    const delivered = this.delivered.get(connection);
    if (!delivered) return;
    this.delivered.delete(connection);
    if (!this.isWritten(connection, delivered)) return;
    this.left.push({ realm: connection.realm, report: reportOf(connection, delivered) });
    this.arm(0);
  }

  /** Resolves when everything that was written up to now is reported to chat, or the report failed. */
  async reportedSoFar(): Promise<void> {
    await this.reporting;
    await this.report();
  }

  /** Reports all that can be reported, before the bus closes. */
  async settle(): Promise<void> {
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
    await this.report();
  }

  stop(): void {
    this.stopped = true;
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
    this.delivered.clear();
    this.left.length = 0;
  }

  private isTracked({ adapter: { tracksDelivery }, realm }: TrackedConnection): boolean {
    return tracksDelivery === 'for_itself' || (tracksDelivery === 'for_senders' && this.deps.trackedIn.has(realm));
  }

  private isWritten({ output: { socket } }: TrackedConnection, { flushes }: Delivery): boolean {
    return this.deps.writeBuffer.counters.flushes > flushes && socket.pendingBytes === 0;
  }

  private arm(ms: number): void {
    if (this.stopped) return;
    this.timer ??= setTimeout(() => {
      this.timer = null;
      void this.report();
    }, ms);
  }

  private report(): Promise<void> {
    return (this.reporting ??= this.reportAll().finally(() => {
      this.reporting = null;
      if (this.delivered.size + this.left.length > 0) this.arm(gatherMs);
    }));
  }

  private async reportAll(): Promise<void> {
    // Frames that still gather are written now, so that they can be reported.
    if (this.delivered.size > 0) this.deps.writeBuffer.flush();
    const all = this.left.splice(0);
    for (const [connection, delivered] of this.delivered) {
      if (!this.isWritten(connection, delivered)) continue;
      this.delivered.delete(connection);
      all.push({ realm: connection.realm, report: reportOf(connection, delivered) });
    }
    for (const [realm, reports] of byRealm(all)) {
      for (let at = 0; at < reports.length; at += batchMax) await this.advance(realm, reports.slice(at, at + batchMax));
    }
  }

  private async advance(realm: Realm, deliveries: Report[]): Promise<void> {
    try {
      const options = { principal: systemOf(realm), deadline: deadlineIn(callMs) };
      await this.deps.core.chat.delivery.advance({ deliveries }, options);
    } catch (error) {
      this.deps.log.warn(
        { reason: asFault(error).reason },
        'How far inboxes were written could not be reported to chat',
      );
      this.left.push(...deliveries.map((report) => ({ realm, report })));
      await new Promise((resolve) => setTimeout(resolve, retryMs).unref());
    }
  }
}

const reportOf = ({ principal }: TrackedConnection, { sequence, ackRequired }: Delivery) => ({
  accountId: principal.accountId,
  sequence,
  ackRequired: ackRequired.slice(0, ackRequiredMax),
});

const byRealm = (all: readonly { realm: Realm; report: Report }[]): Map<Realm, Report[]> => {
  const realms = new Map<Realm, Report[]>();
  for (const { realm, report } of all) realms.set(realm, [...(realms.get(realm) ?? []), report]);
  return realms;
};
