import {
  type Context,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  TraceFlags,
  context,
  trace,
} from '@opentelemetry/api';
import { tracer } from '@parley/runtime';

/** One call that waits for a group: its trace context, and when it began to wait (epoch milliseconds). */
export interface Member {
  readonly context: Context;
  readonly since: number;
}

/**
 * A group of one continues its member's trace. A larger one has a span `<what>.group` of its own that links to each member's call,
 * and each member gets a span `<what>.commit` in its own trace that covers its wait and links to the group.
 */
export const inGroupSpan = async <T>(what: string, members: readonly Member[], work: () => Promise<T>): Promise<T> => {
  // The calls and the code that began this run of groups have no context, as is usual: none is made, which would cost every promise.
  const isBare = context.active() === ROOT_CONTEXT && members.every((member) => member.context === ROOT_CONTEXT);
  const [first] = members;
  if (first === undefined || isBare) return work();
  if (members.length === 1) return context.with(first.context, work);
  const recorded = members.filter((member) => isSampled(spanContextOf(member)));
  const group = startGroupSpan(`${what}.group`, members.length, recorded);
  const commits = recorded.map((member) => startCommitSpan(`${what}.commit`, member, group.span));
  try {
    return await context.with(trace.setSpan(group.parent, group.span), work);
  } finally {
    for (const span of [...commits, group.span]) span.end();
  }
};

// A child of the first member that is recorded, because a root span would be sampled independently,
// and the links of the others could then lead nowhere.
const startGroupSpan = (name: string, size: number, recorded: readonly Member[]): { span: Span; parent: Context } => {
  const parent = recorded[0]?.context ?? ROOT_CONTEXT;
  if (recorded.length === 0) return { span: trace.wrapSpanContext(unsampled), parent };
  const links = recorded.map((member) => ({ context: spanContextOf(member) as SpanContext }));
  return {
    parent,
    span: tracer().startSpan(name, { links, attributes: { 'parley.group.size': size } }, parent),
  };
};

const startCommitSpan = (name: string, member: Member, group: Span): Span =>
  tracer().startSpan(name, { startTime: member.since, links: [{ context: group.spanContext() }] }, member.context);

const unsampled: SpanContext = { traceId: '0'.repeat(32), spanId: '0'.repeat(16), traceFlags: TraceFlags.NONE };

const spanContextOf = (member: Member): SpanContext | undefined => trace.getSpanContext(member.context);

const isSampled = (span: SpanContext | undefined): boolean =>
  span !== undefined && (span.traceFlags & TraceFlags.SAMPLED) !== 0;
