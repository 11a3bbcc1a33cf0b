import { randomUUID } from 'node:crypto';
import { connectNats } from '@parley/bus';
import {
  createLifecycle,
  createLog,
  createMetrics,
  processVariables,
  readConfig,
  startHealth,
  startTelemetry,
  urls,
} from '@parley/runtime';
import { z } from 'zod';
import { GatewayConfig, startGateway } from './service.js';

const service = 'gateway';
const environment = z
  .looseObject({ ...processVariables, NATS_URL: urls(['nats', 'tls', 'ws', 'wss']).default('nats://127.0.0.1:4222') })
  .and(GatewayConfig);
const config = readConfig(environment, process.env);

const log = createLog({ service, level: config.PARLEY_LOG_LEVEL });
const lifecycle = createLifecycle({ log, stopDeadlineMs: config.drainMs + 15_000 });
const telemetry = startTelemetry({
  service,
  instanceId: randomUUID(),
  otlpEndpoint: config.OTEL_EXPORTER_OTLP_ENDPOINT,
  sampleRatio: config.PARLEY_TRACE_RATIO,
});
lifecycle.onStop('telemetry', () => telemetry.shutdown());

const metrics = createMetrics(service);
const bus = await connectNats({ servers: config.NATS_URL, name: service, log });
lifecycle.onStop('bus', () => bus.drain());
const gateway = await startGateway(config, { bus, log, metrics });
lifecycle.onStop('gateway', () => gateway.stop(), { withinMs: config.drainMs + 10_000 });

const health = await startHealth({
  host: config.PARLEY_HEALTH_HOST,
  port: config.PARLEY_HEALTH_PORT,
  metrics,
  checks: { bus: () => (bus.connected ? Promise.resolve() : Promise.reject(new Error('The bus is down'))) },
});
lifecycle.onStop('health', () => health.close());
lifecycle.onStop('ready', () => health.setReady(false));
health.setReady(true);
log.info({ healthPort: health.port }, 'ready');
