import { randomUUID } from 'node:crypto';
import { connectNats } from '@parley/bus';
import { connectDatabase } from '@parley/postgres';
import {
  ConfigError,
  createLifecycle,
  createLog,
  createMetrics,
  readConfig,
  startHealth,
  startTelemetry,
} from '@parley/runtime';
import { AuthProcessConfig } from './config.js';
import { WrongSecretError, startAuth } from './service.js';

const service = 'auth';

const main = async (): Promise<void> => {
  const env = readConfig(AuthProcessConfig, process.env);
  const log = createLog({ service, level: env.PARLEY_LOG_LEVEL });
  for (const name of ['SECRET_KEY', 'JWT_SECRET_KEY']) {
    if (process.env[name]) log.warn(`${name} belongs to an old server and is ignored; Parley uses PARLEY_SECRET`);
  }
  const lifecycle = createLifecycle({ log, stopDeadlineMs: 15_000 });
  const telemetry = startTelemetry({
    service,
    instanceId: randomUUID(),
    sampleRatio: env.PARLEY_TRACE_RATIO,
    ...(env.OTEL_EXPORTER_OTLP_ENDPOINT !== undefined && { otlpEndpoint: env.OTEL_EXPORTER_OTLP_ENDPOINT }),
  });
  lifecycle.onStop('telemetry', () => telemetry.shutdown());
  const metrics = createMetrics(service);
  const poolMax = env.PARLEY_DATABASE_CONNECTIONS;
  const database = connectDatabase({ url: env.DATABASE_URL, schema: service, poolMax, log });
  lifecycle.onStop('database', () => database.close());
  const bus = await connectNats({ servers: env.NATS_URL, name: service, log });
  lifecycle.onStop('bus', () => bus.drain());
  const auth = await startAuth(env.auth, { bus, database, log, metrics });
  lifecycle.onStop('auth', () => auth.stop());
  const health = await startHealth({
    host: env.PARLEY_HEALTH_HOST,
    port: env.PARLEY_HEALTH_PORT,
    metrics,
    checks: { database: () => database.ping(), bus: () => connected(bus) },
  });
  lifecycle.onStop('health', () => health.close());
  lifecycle.onStop('readiness', () => health.setReady(false));
  health.setReady(true);
  log.info({ healthPort: health.port }, 'auth answers');
};

const connected = async (bus: { readonly connected: boolean }): Promise<void> => {
  if (!bus.connected) throw new Error('not connected to NATS');
};

main().catch((error: unknown) => {
  // What the operator got wrong is a sentence for them; everything else is a fault of ours and shows where.
  const ours = !(error instanceof ConfigError || error instanceof WrongSecretError);
  process.stderr.write(`${ours && error instanceof Error ? (error.stack ?? error.message) : messageOf(error)}\n`);
  process.exit(1);
});

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
