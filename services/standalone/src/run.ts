import { randomUUID } from 'node:crypto';
import {
  createLifecycle,
  createLog,
  createMetrics,
  isLoopbackHost,
  type Log,
  readConfig,
  startFailure,
  startHealth,
  startTelemetry,
  tlsFilesOf,
  warnOfVariables,
} from '@parley/runtime';
import { bannerLines, sampleDataWarnings } from './banner.js';
import { readCommandLine } from './cli.js';
import { StandaloneConfig } from './config.js';
import { openFolder } from './folder.js';
import { watchNpm } from './parent.js';
import { preflight } from './preflight.js';

const service = 'standalone';
/** For all of the shutdown except draining clients. */
const stopDeadlineMs = 20_000;

/**
 * Runs standalone until a signal stops it. `words` are those of the command line. Resolves when it accepts clients; when it cannot start, it
 * says why on standard error and ends the process with 1.
 */
export const runStandalone = (words: readonly string[], environment: NodeJS.ProcessEnv): Promise<void> =>
  start(words, environment).catch((error: unknown) => {
    process.stderr.write(`${startFailure(error)}\n`);
    process.exit(1);
  });

const start = async (words: readonly string[], given: NodeJS.ProcessEnv): Promise<void> => {
  const { environment, pretty } = readCommandLine(words, given);
  const config = readConfig(StandaloneConfig, environment);
  const folder = await openFolder(config.PARLEY_FOLDER);
  await preflight({
    host: config.HOST,
    port: config.PORT,
    databaseUrl: config.DATABASE_URL,
    databaseTls: tlsFilesOf('PARLEY_DATABASE', config),
    natsUrl: config.NATS_URL,
    natsTls: tlsFilesOf('PARLEY_NATS', config),
  });
  // Loading the services takes longer than the checks, whose result the user waits for.
  const [{ ignoredVariables }, { openListsWarning }, { readSettings }, { startStandalone }] = await Promise.all([
    import('@parley/auth'),
    import('@parley/gateway'),
    import('./settings.js'),
    import('./service.js'),
  ]);
  // All errors in the settings are reported before anything is started.
  const settings = readSettings(environment, folder.secret, config);
  const log = createLog({ service, level: config.PARLEY_LOG_LEVEL, pretty });
  warnOfVariables(environment, log, ignoredVariables);
  const progress = (text: string): void => void (pretty && process.stdout.write(`${text}\n`));
  const lifecycle = createLifecycle({ log, stopDeadlineMs: stopDeadlineMs + config.PARLEY_DRAIN_MS });
  lifecycle.onStop('folder', () => folder.release());
  const telemetry = await startTelemetry({
    service,
    instanceId: randomUUID(),
    sampleRatio: config.PARLEY_TRACE_RATIO,
    environment,
    log,
  });
  lifecycle.onStop('telemetry', () => telemetry.shutdown());
  const metrics = createMetrics(service);
  watchNpm(environment, () => process.kill(process.pid, 'SIGTERM'));
  const deps = { folder, settings, lifecycle, log, metrics, progress };
  const { url, host } = await startStandalone(config, deps).catch(async (error: unknown) => {
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

  const { sampleData } = settings.gateway;
  const warning = openListsWarning(settings.gateway);
  const warnings = warning === null ? [] : [warning];
  const banner = bannerLines({ url, host, folder: folder.path, sampleData, warnings });
  if (pretty) process.stdout.write(`${banner.join('\n')}\n`);
  else say(log, `Parley is ready: ${url}`);
  if (sampleData && !isLoopbackHost(host)) for (const line of sampleDataWarnings) log.warn(line);
};

/** Logged at every level except silent: a program that started this one reads the address from it. */
const say = (log: Log, text: string): void => {
  if (log.level !== 'silent') log.child({}, { level: 'info' }).info(text);
};
