import { randomUUID } from 'node:crypto';
import {
  ConfigError,
  createLifecycle,
  createLog,
  createMetrics,
  readConfig,
  startHealth,
  startTelemetry,
} from '@parley/runtime';
import { StandaloneConfig } from './config.js';
import { FolderInUse, openFolder } from './folder.js';
import { startStandalone } from './service.js';

const service = 'standalone';
/** For everything but letting go of clients. */
const stopDeadlineMs = 20_000;

const say = (text: string): void => void process.stdout.write(`${text}\n`);

const main = async (): Promise<void> => {
  const config = readConfig(StandaloneConfig, process.env);
  const folder = await openFolder(config.PARLEY_FOLDER);
  const log = createLog({ service, level: config.PARLEY_LOG_LEVEL });
  const lifecycle = createLifecycle({ log, stopDeadlineMs: stopDeadlineMs + config.PARLEY_DRAIN_MS });
  lifecycle.onStop('folder', () => folder.release());
  const telemetry = startTelemetry({
    service,
    instanceId: randomUUID(),
    sampleRatio: config.PARLEY_TRACE_RATIO,
    otlpEndpoint: config.OTEL_EXPORTER_OTLP_ENDPOINT,
  });
  lifecycle.onStop('telemetry', () => telemetry.shutdown());
  const metrics = createMetrics(service);
  const { url, host } = await startStandalone(config, {
    folder,
    environment: process.env,
    lifecycle,
    log,
    metrics,
  }).catch(async (error: unknown) => {
    await lifecycle.stop();
    throw error;
  });
  const health = await startHealth({
    host: config.PARLEY_HEALTH_HOST,
    port: config.PARLEY_HEALTH_PORT,
    metrics,
    checks: {},
  });
  lifecycle.onStop('health', () => health.close());
  health.setReady(true);
  folder.announce(url);

  say(`Parley is ready: ${url}`);
  say(`  chat page ${url}/test · docs ${url}/docs · data in ${folder.path} · Ctrl-C stops it`);
  if (config.PARLEY_SAMPLE_DATA && !isLoopback(host)) {
    say('  WARNING: this server listens beyond loopback and has sample users with published passwords.');
    say('  WARNING: start it with PARLEY_SAMPLE_DATA=false on a new folder before anybody else can reach it.');
  }
};

/** By what it listens on: the address that is shown for `0.0.0.0` is a loopback one. */
const isLoopback = (host: string): boolean => host === 'localhost' || host === '::1' || /^127\./.test(host);

main().catch((error: unknown) => {
  const expected = error instanceof ConfigError || error instanceof FolderInUse;
  const text = error instanceof Error ? (expected ? error.message : (error.stack ?? error.message)) : String(error);
  process.stderr.write(`${text}\n`);
  process.exit(1);
});
