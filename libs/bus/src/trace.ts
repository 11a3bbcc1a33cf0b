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
import { type Deadline, type Fault, type TraceHeaders, asFault } from '@parley/contracts';
import type { Headers } from './packet.js';

/** Creates spans per call only for sampled traces; other trace contexts are passed on without spans. */
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
  // A refused call is a valid answer; only `internal` and `unavailable` are errors.
  if (fault.code === 'internal' || fault.code === 'unavailable') span.setStatus({ code: SpanStatusCode.ERROR });
};

/** Runs `work` in a span below `parent`. */
const inSpan = async <T>(
  kind: SpanKind.CLIENT | SpanKind.SERVER,
  operation: string,
  parent: Context,
  work: () => Promise<T>,
): Promise<T> => {
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

/** Where the trace is not recorded, it costs nothing. */
export const inCallSpan = <T>(operation: string, work: () => Promise<T>): Promise<T> => {
  const parent = context.active();
  return isSampled(parent) ? inSpan(SpanKind.CLIENT, operation, parent, work) : work();
};

/** From the root: the async context of the connection is that of the code which opened it, unrelated to this packet. */
const extract = (headers: Headers): Context => propagation.extract(ROOT_CONTEXT, headers);

export const inServeSpan = <T>(operation: string, headers: Headers, work: () => Promise<T>): Promise<T> => {
  const parent = extract(headers);
  return isSampled(parent) ? inSpan(SpanKind.SERVER, operation, parent, work) : context.with(parent, work);
};

const flagsAt = 53;

/** The trace of a call that is not recorded, for code that does without an async context; undefined: it is, or such a context is active. */
export const unrecordedTrace = (headers: Headers): TraceHeaders | undefined => {
  if (context.active() !== ROOT_CONTEXT) return undefined;
  const { traceparent, tracestate } = headers;
  if (traceparent === undefined) return {};
  const flags = Number.parseInt(traceparent.slice(flagsAt, flagsAt + 2), 16);
  // What cannot be read is left to the propagator.
  if (Number.isNaN(flags) || (flags & TraceFlags.SAMPLED) !== 0) return undefined;
  return { traceparent, ...(tracestate !== undefined && { tracestate }) };
};

/** A symbol of the global registry, by which libs/postgres finds the deadline without depending on this package. */
const deadlineKey = createContextKey('parley.deadline');

/** Runs `work` in a context that holds the caller's deadline. */
export const withDeadline = <T>(deadline: Deadline, work: () => Promise<T>): Promise<T> =>
  context.with(context.active().setValue(deadlineKey, deadline), work);

/** Marks the active span with a fault that is returned instead of thrown. */
export const noteFault = (fault: Fault): void => {
  const span = trace.getActiveSpan();
  if (span?.isRecording()) fail(span, fault);
};

/** Runs a subscriber in the trace of the event's publisher, without a span per subscriber; in the root context where the event has none. */
export const inEventContext = (headers: Headers, work: () => void): void => {
  if (headers[traceparentHeader] === undefined && context.active() === ROOT_CONTEXT) work();
  else context.with(extract(headers), work);
};

/** The trace headers of the active span. */
export const traceHeaders = (active: Context = context.active()): Headers => {
  const headers: Headers = {};
  propagation.inject(active, headers);
  return headers;
};

/**
 * Creates one span for an event, whatever the number of its scopes; returns the headers that continue the trace. `isFrequent`: a trace that
 * is not recorded ends here, because a context for each subscriber and event costs more than what it does.
 */
export const eventHeaders = (eventName: string, isFrequent: boolean): Headers => {
  const parent = context.active();
  if (!isSampled(parent)) return isFrequent ? {} : traceHeaders(parent);
  const span = startSpan(`publish ${eventName}`, SpanKind.PRODUCER, parent, eventAttributes(eventName));
  span.end();
  return traceHeaders(trace.setSpan(parent, span));
};

/** W3C: version, trace id, span id and flags in fixed places. */
const traceparentHeader = 'traceparent';
export const traceIdIn = (headers: TraceHeaders): string | undefined => headers[traceparentHeader]?.slice(3, 35);

export const traceId = (): string | undefined => trace.getSpanContext(context.active())?.traceId;
