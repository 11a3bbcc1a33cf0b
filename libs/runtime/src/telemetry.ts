import {
  type Context,
  ROOT_CONTEXT,
  TraceFlags,
  type Tracer,
  context,
  diag,
  propagation,
  trace,
} from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { withTimeout } from '@parley/contracts/deadline';
import type { SpanExporter } from '@opentelemetry/sdk-trace';
import type { Log } from './log.js';
import { traceIdsOnly } from './trace-ids.js';

export interface TelemetryOptions {
  readonly service: string;
  readonly instanceId: string;
  /**
   * Which share of the traces that begin here is recorded; `OTEL_TRACES_SAMPLER` takes its place where it is set. A trace that comes
   * in has been decided already.
   */
  readonly sampleRatio: number;
  /** That of the process: the SDK reads it by itself. Without it nothing is exported. */
  readonly environment?: NodeJS.ProcessEnv;
  /** Gets what the SDK complains about, such as a variable it cannot read or a collector that does not answer. */
  readonly log?: Log;
  /** For tests: gets each span as it ends. */
  readonly exporter?: SpanExporter;
}

export interface Telemetry {
  /** Sends what is waiting and lets go; rejects after at most 2 s when that could not be sent. */
  shutdown(): Promise<void>;
}

const shutdownTimeoutMs = 2_000;
let running = false;

/**
 * Makes spans and W3C trace headers work in this process. The first call wins: in a process that composes several services
 * the others find it running and get a `shutdown` that does nothing.
 *
 * The SDK is loaded only where spans go somewhere: where `OTEL_EXPORTER_OTLP_ENDPOINT`, `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` or
 * `OTEL_TRACES_EXPORTER` names an exporter and `OTEL_SDK_DISABLED` is not `true`. It then reads every `OTEL_*` variable of the process
 * that it knows for traces. Elsewhere ids still travel and reach the logs.
 */
export const startTelemetry = async (options: TelemetryOptions): Promise<Telemetry> => {
  if (running) return { shutdown: () => Promise.resolve() };
  running = true;
  if (options.exporter === undefined && !isExportConfigured(options.environment)) {
    trace.setGlobalTracerProvider(traceIdsOnly);
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    propagation.setGlobalPropagator(new W3CTraceContextPropagator());
    return { shutdown: () => shutdownOnce(() => Promise.resolve()) };
  }
  const { startSdk } = await import('./telemetry-sdk.js');
  const sdk = startSdk(options);
  return { shutdown: () => shutdownOnce(() => sdk.shutdown()) };
};

/** The SDK alone would export to a collector on this host when nothing is set: that has to be asked for. */
const isExportConfigured = (env: NodeJS.ProcessEnv = {}): boolean => {
  const valueOf = (name: string): string => env[name]?.trim() ?? '';
  if (valueOf('OTEL_SDK_DISABLED').toLowerCase() === 'true') return false;
  const exporter = valueOf('OTEL_TRACES_EXPORTER');
  if (exporter !== '') return exporter !== 'none';
  return valueOf('OTEL_EXPORTER_OTLP_ENDPOINT') !== '' || valueOf('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT') !== '';
};

/**
 * The trace that a client began, to be continued under its id. Whether it is recorded is decided here, as for a trace that begins
 * here: a client would otherwise have everything recorded that it sends, or choose ids that the ratio picks. `trustSampled`: its
 * own `sampled` flag decides. What is no trace context gives the root.
 */
export const continueTrace = (carrier: object, trustSampled: boolean): Context => {
  const extracted = propagation.extract(ROOT_CONTEXT, carrier);
  const parent = trace.getSpanContext(extracted);
  if (!parent || trustSampled) return extracted;
  // Whatever sampler is configured decides about a root under an id that the client did not choose. That span is never ended, so
  // it is exported nowhere.
  const { traceFlags } = tracer().startSpan('sampling decision', { root: true }, ROOT_CONTEXT).spanContext();
  return trace.setSpanContext(extracted, { ...parent, traceFlags: traceFlags & TraceFlags.SAMPLED });
};

/** For spans made by hand. Before `startTelemetry` its spans do nothing. */
export const tracer = (): Tracer => trace.getTracer('parley');

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
