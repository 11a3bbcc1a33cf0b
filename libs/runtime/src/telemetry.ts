import {
  type Context,
  ROOT_CONTEXT,
  type Span,
  TraceFlags,
  type Tracer,
  context,
  diag,
  isSpanContextValid,
  propagation,
  trace,
} from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import type { TraceHeaders } from '@parley/contracts';
import { withTimeout } from '@parley/contracts/deadline';
import type { SpanExporter } from '@opentelemetry/sdk-trace';
import type { Log } from './log.js';
import { RestingContextManager } from './resting-contexts.js';
import { traceIdsOnly } from './trace-ids.js';

export interface TelemetryOptions {
  readonly service: string;
  readonly instanceId: string;
  /**
   * Share of the traces started here that is recorded, 0 to 1; `OTEL_TRACES_SAMPLER` replaces it when set. An incoming trace keeps its own
   * sampling decision.
   */
  readonly sampleRatio: number;
  /** Environment of the process, which the SDK also reads itself. Without it nothing is exported. */
  readonly environment?: NodeJS.ProcessEnv;
  /** Receives the SDK's diagnostics, such as an unreadable variable or an unreachable collector. */
  readonly log?: Log;
  /** For tests: receives each span as it ends. */
  readonly exporter?: SpanExporter;
}

export interface Telemetry {
  /** Exports pending spans and shuts down; rejects after at most 2 s when they could not be exported. */
  shutdown(): Promise<void>;
}

const shutdownTimeoutMs = 2_000;
/**
 * Where nothing is recorded, work that goes on after its context ended can lose no more than the trace id of its log lines. A process that is
 * asked a few times a second would otherwise keep contexts for good.
 */
const unrecordedRests = { afterMs: 50, afterUnknownMs: 10_000 };
let running = false;

/**
 * Enables spans and W3C trace headers in this process. The first call wins: in a process that composes several services the others find it
 * running and get a `shutdown` that does nothing.
 *
 * The SDK is loaded only when spans are exported: when `OTEL_EXPORTER_OTLP_ENDPOINT`, `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` or
 * `OTEL_TRACES_EXPORTER` names an exporter and `OTEL_SDK_DISABLED` is not `true`. It then reads every `OTEL_*` variable of the process that
 * it knows for traces. Otherwise ids are still propagated and logged.
 */
export const startTelemetry = async (options: TelemetryOptions): Promise<Telemetry> => {
  if (running) return { shutdown: () => Promise.resolve() };
  running = true;
  if (options.exporter === undefined && !isExportConfigured(options.environment)) {
    trace.setGlobalTracerProvider(traceIdsOnly);
    context.setGlobalContextManager(new RestingContextManager(unrecordedRests).enable());
    propagation.setGlobalPropagator(new W3CTraceContextPropagator());
    return { shutdown: () => shutdownOnce(() => Promise.resolve()) };
  }
  const { startSdk } = await import('./telemetry-sdk.js');
  const sdk = startSdk(options);
  return { shutdown: () => shutdownOnce(() => sdk.shutdown()) };
};

/** By itself the SDK would export to a collector on this host when nothing is set; here export is opt-in. */
const isExportConfigured = (env: NodeJS.ProcessEnv = {}): boolean => {
  const valueOf = (name: string): string => env[name]?.trim() ?? '';
  if (valueOf('OTEL_SDK_DISABLED').toLowerCase() === 'true') return false;
  const exporter = valueOf('OTEL_TRACES_EXPORTER');
  if (exporter !== '') return exporter !== 'none';
  return valueOf('OTEL_EXPORTER_OTLP_ENDPOINT') !== '' || valueOf('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT') !== '';
};

/**
 * Context of the trace that a client started, to be continued under its id. The server makes the sampling decision, as for a trace that
 * starts here: otherwise a client could have all its traces recorded, or choose ids that the ratio samples. `trustSampled`: the client's
 * `sampled` flag decides. An invalid trace context gives the root context.
 */
export const continueTrace = (carrier: object, trustSampled: boolean): Context => {
  const extracted = propagation.extract(ROOT_CONTEXT, carrier);
  const parent = trace.getSpanContext(extracted);
  if (!parent || trustSampled) return extracted;
  // The configured sampler decides about a root span whose id the client did not choose. That span is never ended, so it is not exported.
  const { traceFlags } = tracer().startSpan('sampling decision', { root: true }, ROOT_CONTEXT).spanContext();
  return trace.setSpanContext(extracted, { ...parent, traceFlags: traceFlags & TraceFlags.SAMPLED });
};

/** For manually created spans. Before `startTelemetry` its spans do nothing. */
export const tracer = (): Tracer => trace.getTracer('parley');

/** The headers that continue the trace of `span` where nothing records it; undefined: it is recorded, so its context has to be passed on. */
export const unrecordedHeaders = (span: Span): TraceHeaders | undefined => {
  const spanContext = span.spanContext();
  const { traceId, spanId, traceFlags } = spanContext;
  if ((traceFlags & TraceFlags.SAMPLED) !== 0) return undefined;
  return isSpanContextValid(spanContext) ? { traceparent: `00-${traceId}-${spanId}-00` } : {};
};

const shutdownOnce = async (shutdown: () => Promise<void>): Promise<void> => {
  if (!running) return;
  running = false;
  try {
    await withTimeout(shutdown(), shutdownTimeoutMs, () => {
      throw new Error('The last spans could not be sent in time');
    });
  } finally {
    trace.disable();
    context.disable();
    propagation.disable();
    diag.disable();
  }
};
