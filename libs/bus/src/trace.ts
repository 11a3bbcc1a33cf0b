import {
  type Attributes,
  type Context,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  context,
  createContextKey,
  propagation,
  trace,
} from '@opentelemetry/api';
import { type Deadline, type Fault, asFault } from '@parley/contracts';
import type { Headers } from './packet.js';

/** A span per call is paid only for traces that somebody will see; the others are passed on without one. */
const isSampled = (parent: Context): boolean =>
  ((trace.getSpanContext(parent)?.traceFlags ?? TraceFlags.NONE) & TraceFlags.SAMPLED) !== 0;

const startSpan = (name: string, kind: SpanKind, parent: Context, attributes: Attributes): Span =>
  trace.getTracer('@parley/bus').startSpan(name, { kind, attributes }, parent);

const callAttributes = (operation: string): Attributes => ({ 'rpc.system.name': 'nats', 'rpc.method': operation });
const eventAttributes = (eventName: string): Attributes => ({
  'messaging.system': 'nats',
  'messaging.operation.type': 'send',
  'messaging.destination.template': `evt.${eventName}.{scope}.{id}`,
});

const fail = (span: Span, fault: Fault): void => {
  span.setAttributes({ 'error.type': fault.reason, 'parley.fault.code': fault.code });
  // An answer that says no is an answer; only what broke is an error.
  if (fault.code === 'internal' || fault.code === 'unavailable') span.setStatus({ code: SpanStatusCode.ERROR });
};

/** Runs `work` in a span below `parent`, or just in `parent` when nobody records it. */
const inSpan = async <T>(
  kind: SpanKind.CLIENT | SpanKind.SERVER,
  operation: string,
  parent: Context,
  work: () => Promise<T>,
): Promise<T> => {
  if (!isSampled(parent)) return parent === context.active() ? work() : context.with(parent, work);
  const name = `${kind === SpanKind.CLIENT ? 'call' : 'serve'} ${operation}`;
  const span = startSpan(name, kind, parent, callAttributes(operation));
  try {
    return await context.with(trace.setSpan(parent, span), work);
  } catch (error) {
    fail(span, asFault(error));
    throw error;
  } finally {
    span.end();
  }
};

export const inCallSpan = <T>(operation: string, work: () => Promise<T>): Promise<T> =>
  inSpan(SpanKind.CLIENT, operation, context.active(), work);

/** From the root: the connection's own async context is that of whoever opened it, which is nobody's business here. */
const extract = (headers: Headers): Context => propagation.extract(ROOT_CONTEXT, headers);

export const inServeSpan = <T>(operation: string, headers: Headers, work: () => Promise<T>): Promise<T> =>
  inSpan(SpanKind.SERVER, operation, extract(headers), work);

/** A symbol of the global registry, by which libs/postgres finds the deadline again without knowing this package. */
const deadlineKey = createContextKey('parley.deadline');

/** Whatever `work` waits for can see until when its caller waits. */
export const withDeadline = <T>(deadline: Deadline, work: () => Promise<T>): Promise<T> =>
  context.with(context.active().setValue(deadlineKey, deadline), work);

/** Marks the span around the caller with a fault that is answered instead of thrown. */
export const noteFault = (fault: Fault): void => {
  const span = trace.getActiveSpan();
  if (span?.isRecording()) fail(span, fault);
};

/** What a listener does belongs to the trace of whoever told the fact; no span per listener. */
export const inEventContext = (headers: Headers, work: () => void): void => context.with(extract(headers), work);

/** The trace headers of the active span. */
export const traceHeaders = (active: Context = context.active()): Headers => {
  const headers: Headers = {};
  propagation.inject(active, headers);
  return headers;
};

/** One span for a fact, however many roads it takes; gives the headers that continue from it. */
export const eventHeaders = (eventName: string): Headers => {
  const parent = context.active();
  if (!isSampled(parent)) return traceHeaders(parent);
  const span = startSpan(`tell ${eventName}`, SpanKind.PRODUCER, parent, eventAttributes(eventName));
  span.end();
  return traceHeaders(trace.setSpan(parent, span));
};

export const traceId = (): string | undefined => trace.getSpanContext(context.active())?.traceId;
