import { setTimeout as sleep } from 'node:timers/promises';
import { ROOT_CONTEXT, SpanKind, context, trace } from '@opentelemetry/api';
import { Fault, isFault, deadlineIn } from '@parley/contracts';
import { tracer } from '@parley/runtime';
import type { Connection } from '../connections/connection.js';

const batchMax = 200;
const waitingMax = 10_000;
const pauseMs = 500;

/** What the client of one connection received and chat was not told yet, by what their senders called them. */
export type Acknowledging = Set<string>;

/**
 * A client that was away may have much to acknowledge at once: while one call is under way the next gathers. What chat
 * cannot be told for a while is told later, also when the connection is over by then.
 */
export const acknowledge = (connection: Connection, reference: string): void => {
  const known = connection.acknowledging;
  if (known && known.size >= waitingMax) {
    connection.ground.counters.throttled.too_many_pending += 1;
    const fault = new Fault('rate_limited', 'too_many_pending', 'Too much is waiting', { retryAfterMs: 1_000 });
    return connection.refuseFrame(fault, undefined);
  }
  if (known) return void known.add(reference);
  connection.acknowledging = new Set([reference]);
  void reportAll(connection, connection.acknowledging);
};

const reportAll = async (connection: Connection, waiting: Acknowledging): Promise<void> => {
  while (waiting.size > 0) {
    const references = [...waiting].slice(0, batchMax);
    for (const one of references) waiting.delete(one);
    try {
      await inSpan(connection, references.length, () => report(connection, references));
    } catch (error) {
      connection.refuseFrame(error, undefined);
    }
  }
  connection.acknowledging = null;
};

const report = async ({ ground, principal }: Connection, references: string[]): Promise<void> => {
  for (const until = ground.clock() + ground.timings.sendMs; ; await sleep(pauseMs)) {
    try {
      const deadline = deadlineIn(ground.timings.callMs);
      await ground.core.chat.place.acknowledge({ references }, { principal, deadline });
      return;
    } catch (error) {
      const mayPass = isFault(error) && error.code === 'unavailable';
      if (!mayPass || ground.clock() + pauseMs >= until) throw error;
    }
  }
};

const inSpan = async ({ id, principal }: Connection, count: number, work: () => Promise<void>): Promise<void> => {
  const name = `socket ${principal.dialect} inbox.acknowledge`;
  const span = tracer().startSpan(name, { kind: SpanKind.SERVER, root: true });
  if (span.isRecording()) span.setAttributes({ 'parley.connection.id': id, 'parley.acknowledgements': count });
  try {
    await context.with(trace.setSpan(ROOT_CONTEXT, span), work);
  } finally {
    span.end();
  }
};
