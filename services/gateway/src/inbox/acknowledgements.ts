import { setTimeout as sleep } from 'node:timers/promises';
import { ROOT_CONTEXT, SpanKind, context, trace } from '@opentelemetry/api';
import { Fault, isFault, deadlineIn } from '@parley/contracts';
import { tracer } from '@parley/runtime';
import type { AccountPrincipal, ConnectionId } from '@parley/contracts';
import type { Core } from '../core.js';
import type { RequestId } from '../protocol/command.js';
import type { Timings } from '../timing/timings.js';

const batchMax = 200;
const waitingMax = 10_000;
const pauseMs = 500;

/** A connection whose client acknowledges messages of its inbox. */
export interface AcknowledgingConnection {
  readonly id: ConnectionId;
  readonly principal: AccountPrincipal;
  refuseFrame(error: unknown, requestId: RequestId | undefined): void;
}

interface AcknowledgerDeps {
  readonly core: Core;
  readonly timings: Pick<Timings, 'sendMs' | 'callMs'>;
  /** Monotonic milliseconds. */
  readonly clock: () => number;
  /** An acknowledgement was refused, because too many of its connection are pending. */
  onRefused(): void;
}

/**
 * Reports to chat which messages clients acknowledged, by the references of their senders. A client that was offline may acknowledge many
 * at once: while one call is in progress, the next batch gathers. While chat is unavailable, a call is retried for `sendMs`, even if the
 * connection has closed by then.
 */
export class Acknowledger {
  private readonly waiting = new Map<AcknowledgingConnection, Set<string>>();

  constructor(private readonly deps: AcknowledgerDeps) {}

  acknowledge(connection: AcknowledgingConnection, reference: string): void {
    const known = this.waiting.get(connection);
    if (known && known.size >= waitingMax) {
      this.deps.onRefused();
      const fault = new Fault('rate_limited', 'too_many_pending', 'Too much is waiting', { retryAfterMs: 1_000 });
      return connection.refuseFrame(fault, undefined);
    }
    if (known) return void known.add(reference);
    const references = new Set([reference]);
    this.waiting.set(connection, references);
    void this.reportAll(connection, references);
  }

  private async reportAll(connection: AcknowledgingConnection, waiting: Set<string>): Promise<void> {
    while (waiting.size > 0) {
      const references = [...waiting].slice(0, batchMax);
      for (const one of references) waiting.delete(one);
      try {
        await inSpan(connection, references.length, () => this.report(connection, references));
      } catch (error) {
        connection.refuseFrame(error, undefined);
      }
    }
    this.waiting.delete(connection);
  }

  private async report({ principal }: AcknowledgingConnection, references: string[]): Promise<void> {
    const { core, clock, timings } = this.deps;
    for (const until = clock() + timings.sendMs; ; await sleep(pauseMs)) {
      try {
        await core.chat.delivery.acknowledge({ references }, { principal, deadline: deadlineIn(timings.callMs) });
        return;
      } catch (error) {
        const isRetryable = isFault(error) && error.code === 'unavailable';
        if (!isRetryable || clock() + pauseMs >= until) throw error;
      }
    }
  }
}

const inSpan = async (
  { id, principal }: AcknowledgingConnection,
  count: number,
  work: () => Promise<void>,
): Promise<void> => {
  const name = `socket ${principal.dialect} inbox.acknowledge`;
  const span = tracer().startSpan(name, { kind: SpanKind.SERVER, root: true });
  if (span.isRecording()) span.setAttributes({ 'parley.connection.id': id, 'parley.acknowledgements': count });
  try {
    await context.with(trace.setSpan(ROOT_CONTEXT, span), work);
  } finally {
    span.end();
  }
};
