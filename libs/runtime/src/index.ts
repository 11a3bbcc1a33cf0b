export { atMost } from './at-most.js';
export {
  ConfigError,
  flag,
  integer,
  isLoopbackHost,
  list,
  logLevel,
  port,
  processVariables,
  readConfig,
  url,
  urlHost,
  urls,
} from './config.js';
export { type Health, type HealthOptions, startHealth } from './health.js';
export { type Job, type Jobs, startJobs } from './jobs.js';
export { type Lifecycle, type LifecycleOptions, createLifecycle } from './lifecycle.js';
export { checkListenable, listenError, type ListenPlace } from './listenable.js';
export { type Log, type LogOptions, createLog } from './log.js';
export type { Histogram } from './histogram.js';
export { type Metrics, createMetrics, secondsBuckets } from './metrics.js';
export { StartError, startFailure } from './start-error.js';
export { type TlsFiles, tlsFilesOf, tlsVariables } from './tls-files.js';
export {
  type Telemetry,
  type TelemetryOptions,
  continueTrace,
  startTelemetry,
  tracer,
  unrecordedHeaders,
} from './telemetry.js';
export { parleyVariables, renamedVariables, unknownVariables, warnOfVariables, withCurrentNames } from './variables.js';
