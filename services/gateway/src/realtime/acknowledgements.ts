import { setTimeout as sleep } from 'node:timers/promises';
import { ROOT_CONTEXT, SpanKind, context, trace } from '@opentelemetry/api';
import { Fault, isFault, deadlineIn } from '@parley/contracts';
import { tracer } from '@parley/runtime';
import type { LiveSession } from './session.js';

const batchMax = 200;
const waitingMax = 10_000;
const pauseMs = 500;

/** What the client of one connection received and chat was not told yet, by what their senders called them. */
export type Acknowledging = Set<string>;

/**
 * A client that was away may have much to acknowledge at once: while one call is under way the next gathers. What chat
 * cannot be told for a while is told later, also when the connection is over by then.
 */
export const acknowledge = (session: LiveSession, reference: string): void => {
  const known = session.acknowledging;
  if (known && known.size >= waitingMax) {
    session.ground.counts.throttled.too_many_pending += 1;
    const fault = new Fault('rate_limited', 'too_many_pending', 'Too much is waiting', { retryAfterMs: 1_000 });
    return session.refuseFrame(fault, undefined);
  }
  if (known) return void known.add(reference);
  session.acknowledging = new Set([reference]);
  void tellAll(session, session.acknowledging);
};

const tellAll = async (session: LiveSession, waiting: Acknowledging): Promise<void> => {
  while (waiting.size > 0) {
    const references = [...waiting].slice(0, batchMax);
    for (const one of references) waiting.delete(one);
    try {
      await inSpan(session, references.length, () => tell(session, references));
    } catch (error) {
      session.refuseFrame(error, undefined);
    }
  }
  session.acknowledging = null;
};

const tell = async ({ ground, principal }: LiveSession, references: string[]): Promise<void> => {
  for (const until = ground.clock() + ground.pace.sendMs; ; await sleep(pauseMs)) {
    try {
      const deadline = deadlineIn(ground.pace.callMs);
      await ground.core.chat.place.acknowledge({ references }, { principal, deadline });
      return;
    } catch (error) {
      const mayPass = isFault(error) && error.code === 'unavailable';
      if (!mayPass || ground.clock() + pauseMs >= until) throw error;
    }
  }
};

const inSpan = async ({ id, principal }: LiveSession, count: number, work: () => Promise<void>): Promise<void> => {
  const name = `socket ${principal.dialect} inbox.acknowledge`;
  const span = tracer().startSpan(name, { kind: SpanKind.SERVER, root: true });
  if (span.isRecording()) span.setAttributes({ 'parley.connection.id': id, 'parley.acknowledgements': count });
  try {
    await context.with(trace.setSpan(ROOT_CONTEXT, span), work);
  } finally {
    span.end();
  }
};
