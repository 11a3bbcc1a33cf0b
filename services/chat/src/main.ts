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
import { ChatProcessConfig } from './config.js';
import { startChat } from './service.js';

const service = 'chat';

const main = async (): Promise<void> => {
  const env = readConfig(ChatProcessConfig, process.env);
  const log = createLog({ service, level: env.PARLEY_LOG_LEVEL });
  const lifecycle = createLifecycle({ log, stopDeadlineMs: 15_000 });
  const telemetry = startTelemetry({
    service,
    instanceId: randomUUID(),
    sampleRatio: env.PARLEY_TRACE_RATIO,
    otlpEndpoint: env.OTEL_EXPORTER_OTLP_ENDPOINT,
  });
  lifecycle.onStop('telemetry', () => telemetry.shutdown());
  const metrics = createMetrics(service);
  const poolMax = env.PARLEY_DATABASE_CONNECTIONS;
  const database = connectDatabase({ url: env.DATABASE_URL, schema: service, poolMax, log });
  lifecycle.onStop('database', () => database.close());
  const bus = await connectNats({ servers: env.NATS_URL, name: service, log });
  lifecycle.onStop('bus', () => bus.drain());
  const chat = await startChat(env.chat, { bus, database, log, metrics });
  lifecycle.onStop('chat', () => chat.stop());
  const health = await startHealth({
    host: env.PARLEY_HEALTH_HOST,
    port: env.PARLEY_HEALTH_PORT,
    metrics,
    checks: {
      database: () => database.ping(),
      bus: async () => {
        if (!bus.connected) throw new Error('not connected to NATS');
      },
    },
  });
  lifecycle.onStop('health', () => health.close());
  lifecycle.onStop('readiness', () => health.setReady(false));
  health.setReady(true);
  log.info({ healthPort: health.port }, 'chat answers');
};

main().catch((error: unknown) => {
  const text = error instanceof Error ? (error instanceof ConfigError ? error.message : error.stack) : String(error);
  process.stderr.write(`${text}\n`);
  process.exit(1);
});
