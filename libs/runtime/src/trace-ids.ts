import { randomBytes } from 'node:crypto';
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

const poolBytes = 4_096;
const idsBytes = 24;
let pool = Buffer.alloc(0);
let used = 0;

/** 48 hexadecimal digits: a trace id and a span id, never all zero. Random bytes are cheap in thousands and dear in dozens. */
const randomHex = (): string => {
  if (used + idsBytes > pool.length) [pool, used] = [randomBytes(poolBytes), 0];
  return pool.toString('hex', used, (used += idsBytes));
};

/** An incoming trace is propagated unchanged; one that starts here gets ids and is not recorded. */
const startSpan = (_name: string, { root = false }: SpanOptions = {}, parent = context.active()): Span => {
  const incoming = root ? undefined : trace.getSpanContext(parent);
  if (incoming && isSpanContextValid(incoming)) return trace.wrapSpanContext(incoming);
  const ids = randomHex();
  return trace.wrapSpanContext({ traceId: ids.slice(0, 32), spanId: ids.slice(32), traceFlags: TraceFlags.NONE });
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
