import { randomUUID } from 'node:crypto';
import { connectNats } from '@parley/bus';
import { ConfigError, createLifecycle, createLog, createMetrics } from '@parley/runtime';
import { readConfig, startHealth, startTelemetry } from '@parley/runtime';
import { GatewayProcessConfig } from './config.js';
import { startGateway } from './service.js';

const service = 'gateway';

const main = async (): Promise<void> => {
  const env = readConfig(GatewayProcessConfig, process.env);
  const log = createLog({ service, level: env.PARLEY_LOG_LEVEL });
  const lifecycle = createLifecycle({ log, stopDeadlineMs: env.gateway.drainMs + 15_000 });
  const telemetry = startTelemetry({
    service,
    instanceId: randomUUID(),
    otlpEndpoint: env.OTEL_EXPORTER_OTLP_ENDPOINT,
    sampleRatio: env.PARLEY_TRACE_RATIO,
  });
  lifecycle.onStop('telemetry', () => telemetry.shutdown());
  const metrics = createMetrics(service);
  const bus = await connectNats({ servers: env.NATS_URL, name: service, log });
  lifecycle.onStop('bus', () => bus.drain());
  const gateway = await startGateway(env.gateway, { bus, log, metrics });
  lifecycle.onStop('gateway', () => gateway.stop(), { withinMs: env.gateway.drainMs + 10_000 });
  const connected = (): Promise<void> =>
    bus.connected ? Promise.resolve() : Promise.reject(new Error('not connected to NATS'));
  const health = await startHealth({
    host: env.PARLEY_HEALTH_HOST,
    port: env.PARLEY_HEALTH_PORT,
    metrics,
    checks: { bus: connected },
  });
  lifecycle.onStop('health', () => health.close());
  lifecycle.onStop('readiness', () => health.setReady(false));
  health.setReady(true);
  log.info({ healthPort: health.port, url: gateway.url }, 'gateway answers');
};

main().catch((error: unknown) => {
  // What the operator got wrong is a sentence for them; everything else is a fault of ours and shows where.
  const text = error instanceof ConfigError ? error.message : error instanceof Error ? error.stack : String(error);
  process.stderr.write(`${text}\n`);
  process.exit(1);
});
