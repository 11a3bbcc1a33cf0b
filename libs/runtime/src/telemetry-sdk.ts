import { DiagLogLevel, type DiagLogger, diag } from '@opentelemetry/api';
import { diagLogLevelFromString } from '@opentelemetry/core';
import { defaultResource, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { ParentBasedSampler, SimpleSpanProcessor, TraceIdRatioBasedSampler } from '@opentelemetry/sdk-trace';
import type { Log } from './log.js';
import { RestingContextManager } from './resting-contexts.js';
import type { TelemetryOptions } from './telemetry.js';

/**
 * Starts the SDK for traces only: metrics are read from `/metrics`, logs from standard output. `OTEL_*` variables take precedence over the
 * options, except that `exporter` replaces the exporters that they name.
 *
 * The SDK takes half a second to load, so it is imported only where tracing is on.
 */
export const startSdk = ({
  service,
  instanceId,
  sampleRatio,
  environment = {},
  log,
  exporter,
}: TelemetryOptions): NodeSDK => {
  const { OTEL_TRACES_SAMPLER, OTEL_NODE_RESOURCE_DETECTORS, OTEL_LOG_LEVEL } = environment;
  const own = { 'service.namespace': 'parley', 'service.name': service, 'service.instance.id': instanceId };
  const sdk = new NodeSDK({
    contextManager: new RestingContextManager(),
    // Detected attributes override these, including OTEL_RESOURCE_ATTRIBUTES and OTEL_SERVICE_NAME.
    resource: defaultResource().merge(resourceFromAttributes(own)),
    // The SDK's default would add the host's machine id and the command line of the process to every export.
    ...(!OTEL_NODE_RESOURCE_DETECTORS && { resourceDetectors: [envDetector] }),
    ...(!OTEL_TRACES_SAMPLER && {
      sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(sampleRatio) }),
    }),
    ...(exporter && { spanProcessors: [new SimpleSpanProcessor({ exporter })] }),
    metricReaders: [],
    logRecordProcessors: [],
  });
  // After the constructor, which sets a logger of its own for OTEL_LOG_LEVEL, and before variables are read that may be invalid.
  if (log) {
    const logLevel = (OTEL_LOG_LEVEL && diagLogLevelFromString(OTEL_LOG_LEVEL)) || DiagLogLevel.WARN;
    diag.setLogger(diagLogger(log), { logLevel, suppressOverrideMessage: true });
  }
  sdk.start();
  return sdk;
};

/** An unreachable collector is only a warning: Parley works without it. */
const diagLogger = (log: Log): DiagLogger => {
  const warn = (message: string): void => log.warn(`OpenTelemetry: ${message}`);
  const debug = (message: string): void => log.debug(`OpenTelemetry: ${message}`);
  return { error: warn, warn, info: (message) => log.info(`OpenTelemetry: ${message}`), debug, verbose: debug };
};
