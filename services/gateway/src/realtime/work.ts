import { ROOT_CONTEXT, SpanKind, SpanStatusCode, context, trace } from '@opentelemetry/api';
import type { Span } from '@opentelemetry/api';
import { asFault } from '@parley/contracts';
import type { Fault } from '@parley/contracts';
import { tracer } from '@parley/runtime';
import type { About, Intent } from '../dialects/dialect.js';
import { execute } from './execute.js';
import type { Job } from './execute.js';
import { Lanes } from './lanes.js';
import type { LiveSession } from './session.js';

export interface Asked {
  readonly intent: Job;
  readonly about: About | undefined;
  readonly arrivedAt: number;
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
        if (outcome) session.answer(outcome, asked.about);
      } catch (error) {
        const fault = asFault(error);
        note(span, fault);
        session.refuseFrame(fault, asked.about);
      }
    });
  return new Lanes({ pendingMax, lanesMax }, work, () => {
    session.lanes = null;
  });
};

/** Each frame begins a trace: what calls and statements it leads to hang below. */
const inFrameSpan = async (
  session: LiveSession,
  { intent }: Asked,
  work: (span: Span) => Promise<void>,
): Promise<void> => {
  if (!session.isLive) return;
  const name = `socket ${session.principal.dialect} ${intent.do}`;
  const attributes = { 'parley.connection.id': session.id };
  const span = tracer().startSpan(name, { kind: SpanKind.SERVER, root: true, attributes });
  try {
    await context.with(trace.setSpan(ROOT_CONTEXT, span), work, undefined, span);
  } catch (error) {
    // Only what a wire throws while it encodes can come here.
    session.ground.log.error({ err: error, connectionId: session.id }, 'An answer could not be encoded');
  } finally {
    span.end();
  }
};

const note = (span: Span, fault: Fault): void => {
  span.setAttributes({ 'parley.fault.code': fault.code, 'parley.fault.reason': fault.reason });
  if (fault.code === 'internal' || fault.code === 'unavailable') span.setStatus({ code: SpanStatusCode.ERROR });
};
