import { type Context, ROOT_CONTEXT, TraceFlags, type Tracer, context, propagation, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  AlwaysOffSampler,
  BatchSpanProcessor,
  NodeTracerProvider,
  ParentBasedSampler,
  SimpleSpanProcessor,
  type SpanExporter,
  type SpanProcessor,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace-node';

export interface TelemetryOptions {
  readonly service: string;
  readonly instanceId: string;
  /** Base URL of a collector that takes OTLP over HTTP; `/v1/traces` is added. */
  readonly otlpEndpoint?: string | undefined;
  /** Which share of the traces that begin here is recorded. A trace that comes in has been decided already. */
  readonly sampleRatio: number;
  /** For tests: gets each span as it ends. */
  readonly exporter?: SpanExporter;
}

export interface Telemetry {
  /** Sends what is waiting and lets go; rejects after at most 2 s when that could not be sent. */
  shutdown(): Promise<void>;
}

const exportTimeoutMs = 5_000;
const shutdownTimeoutMs = 2_000;
let running = false;
/** Which share of the traces that clients began is recorded here. */
let clientShare = 0;

/**
 * Makes spans and W3C trace headers work in this process. The first call wins: in a process that composes several services
 * the others find it running and get a `shutdown` that does nothing. Without an exporter ids still travel and reach the logs.
 */
export const startTelemetry = (options: TelemetryOptions): Telemetry => {
  if (running) return { shutdown: () => Promise.resolve() };
  running = true;
  const spanProcessors = processorsFor(options);
  clientShare = spanProcessors.length === 0 ? 0 : options.sampleRatio;
  const provider = new NodeTracerProvider({
    resource: resourceFromAttributes({
      'service.namespace': 'parley',
      'service.name': options.service,
      'service.instance.id': options.instanceId,
    }),
    sampler: new ParentBasedSampler({
      // Recording what nobody will see is wasted.
      root: spanProcessors.length === 0 ? new AlwaysOffSampler() : new TraceIdRatioBasedSampler(options.sampleRatio),
    }),
    spanProcessors,
  });
  // Registers the W3C propagator as well.
  provider.register({ contextManager: new AsyncLocalStorageContextManager().enable() });
  return { shutdown: () => shutdownOnce(provider) };
};

/**
 * The trace that a client began, to be continued under its id. Whether it is recorded is decided here, by the sample ratio and by
 * chance: a client would otherwise have everything recorded that it sends, or choose ids that the ratio picks. `trustSampled`: its
 * own `sampled` flag decides. What is no trace context gives the root.
 */
export const continueTrace = (carrier: object, trustSampled: boolean): Context => {
  const extracted = propagation.extract(ROOT_CONTEXT, carrier);
  const parent = trace.getSpanContext(extracted);
  if (!parent || trustSampled) return extracted;
  const traceFlags = Math.random() < clientShare ? TraceFlags.SAMPLED : TraceFlags.NONE;
  return trace.setSpanContext(extracted, { ...parent, traceFlags });
};

/** For spans made by hand. Before `startTelemetry` its spans do nothing. */
export const tracer = (): Tracer => trace.getTracer('parley');

const processorsFor = ({ exporter, otlpEndpoint }: TelemetryOptions): SpanProcessor[] => {
  if (exporter !== undefined) return [new SimpleSpanProcessor(exporter)];
  if (otlpEndpoint === undefined) return [];
  const url = `${otlpEndpoint.replace(/\/$/, '')}/v1/traces`;
  const otlp = new OTLPTraceExporter({ url, timeoutMillis: exportTimeoutMs });
  return [new BatchSpanProcessor(otlp, { exportTimeoutMillis: exportTimeoutMs })];
};

const shutdownOnce = async (provider: NodeTracerProvider): Promise<void> => {
  if (!running) return;
  running = false;
  let timer: NodeJS.Timeout | undefined;
  const tooLong = new Promise<void>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('The last spans could not be sent in time')), shutdownTimeoutMs);
  });
  try {
    await Promise.race([provider.shutdown(), tooLong]);
  } finally {
    clearTimeout(timer);
    trace.disable();
    context.disable();
    propagation.disable();
  }
};
