import { ROOT_CONTEXT, SpanKind, SpanStatusCode, context, trace } from '@opentelemetry/api';
import type { Span } from '@opentelemetry/api';
import { asFault } from '@parley/contracts';
import type { Fault, FaultCode } from '@parley/contracts';
import { continueTrace, tracer } from '@parley/runtime';
import type { About, Intent, Outcome } from '../dialects/dialect.js';
import { execute } from './execute.js';
import type { Job } from './execute.js';
import { Lanes } from './lanes.js';
import type { LiveSession } from './session.js';

export interface Asked {
  readonly intent: Job;
  readonly about: About | undefined;
  readonly arrivedAt: number;
  /** The trace that the client began. */
  readonly traceparent?: string | undefined;
}

/** What must stay in order among itself. */
export const laneOf = (intent: Intent): string => {
  switch (intent.do) {
    case 'message.send':
      return Object.values(intent.target)[0] as string;
    case 'message.direct':
      return JSON.stringify(intent.to);
    case 'channel.attach':
    case 'channel.detach':
    case 'session.resume':
      return 'attach';
    default:
      return intent.do;
  }
};

/** The queue of one connection: its frames in order per channel, each answered or refused. */
export const createWork = (session: LiveSession): Lanes<Asked> => {
  const { pendingIntentsMax: pendingMax, lanesMax } = session.ground.pace;
  const work = (asked: Asked): Promise<void> =>
    inFrameSpan(session, asked, async (span) => {
      try {
        const outcome = await execute(session, asked);
        if (outcome) await answer(session, outcome, asked.about);
        measure(session, asked, 'ok');
      } catch (error) {
        const fault = asFault(error);
        note(span, fault);
        measure(session, asked, fault.code);
        session.refuseFrame(fault, asked.about);
      }
    });
  return new Lanes({ pendingMax, lanesMax }, work, () => {
    session.lanes = null;
  });
};

const answer = async (session: LiveSession, outcome: Outcome, about: About | undefined): Promise<void> => {
  const { inbox, wire, ground } = session;
  const place = outcome.did === 'message.send' ? outcome.inboxSequence : null;
  if (place === null || !inbox || !wire.answersAfterMessage?.(about, session)) return session.answer(outcome, about);
  if (session.isLive && inbox.isHeardBy(session)) await inbox.reached(place, ground.pace.ownMessageMs);
  session.answerInOrder(outcome, about);
};

/** Each frame begins a trace, or continues that of its client: what calls and statements it leads to hang below. */
const inFrameSpan = async (
  session: LiveSession,
  { intent, traceparent }: Asked,
  work: (span: Span) => Promise<void>,
): Promise<void> => {
  if (!session.isLive) return;
  const name = `socket ${session.principal.dialect} ${intent.do}`;
  // A text that is no trace context leaves the root as it is.
  const parent =
    traceparent === undefined ? ROOT_CONTEXT : continueTrace({ traceparent }, session.ground.trustClientSampling);
  const span = tracer().startSpan(name, { kind: SpanKind.SERVER }, parent);
  if (span.isRecording()) span.setAttributes(attributesOf(session, intent));
  try {
    await context.with(trace.setSpan(parent, span), work, undefined, span);
  } catch (error) {
    // Only what a wire throws while it encodes can come here.
    session.ground.log.error({ err: error, connectionId: session.id }, 'An answer could not be encoded');
  } finally {
    span.end();
  }
};

const attributesOf = ({ id, principal }: LiveSession, intent: Job) => ({
  'network.protocol.name': 'websocket',
  'parley.dialect': principal.dialect,
  'parley.intent': intent.do,
  'parley.connection.id': id,
});

const measure = ({ ground }: LiveSession, { intent, arrivedAt }: Asked, outcome: 'ok' | FaultCode): void =>
  ground.counts.answered.observe((ground.clock() - arrivedAt) / 1_000, { intent: intent.do, outcome });

const note = (span: Span, fault: Fault): void => {
  span.setAttributes({ 'error.type': fault.reason, 'parley.fault.code': fault.code });
  if (fault.code === 'internal' || fault.code === 'unavailable') span.setStatus({ code: SpanStatusCode.ERROR });
};
