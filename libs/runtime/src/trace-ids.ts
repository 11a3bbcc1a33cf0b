import { randomUUID } from 'node:crypto';
import {
  type Span,
  type SpanOptions,
  TraceFlags,
  type Tracer,
  type TracerProvider,
  context,
  isSpanContextValid,
  trace,
} from '@opentelemetry/api';

/** 32 hexadecimal digits, never all zero. */
const randomHex = (): string => randomUUID().replaceAll('-', '');

/** An incoming trace is propagated unchanged; one that starts here gets ids and is not recorded. */
const startSpan = (_name: string, { root = false }: SpanOptions = {}, parent = context.active()): Span => {
  const incoming = root ? undefined : trace.getSpanContext(parent);
  if (incoming && isSpanContextValid(incoming)) return trace.wrapSpanContext(incoming);
  return trace.wrapSpanContext({ traceId: randomHex(), spanId: randomHex().slice(16), traceFlags: TraceFlags.NONE });
};

const tracer: Tracer = {
  startSpan,
  // The interface has three overloads: the callback is last, options and the parent context may precede it.
  startActiveSpan: <F extends (span: Span) => unknown>(name: string, ...args: unknown[]): ReturnType<F> => {
    const work = args.pop() as F;
    const [options, parent = context.active()] = args as [SpanOptions?, ReturnType<typeof context.active>?];
    const span = startSpan(name, options, parent);
    return context.with(trace.setSpan(parent, span), () => work(span) as ReturnType<F>);
  },
};

/** Trace ids for logs and responses where nothing is recorded, without an SDK: the cost is a random number per trace. */
export const traceIdsOnly: TracerProvider = { getTracer: () => tracer };
