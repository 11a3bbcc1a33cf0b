import { NatsConnectError, checkNats, connectNats } from '@parley/bus';
import { isFault } from '@parley/contracts';
import { startupVariables, waitForStore } from '@parley/process';
import {
  StartError,
  createLog,
  flag,
  isLoopbackHost,
  logLevel,
  readConfig,
  startFailure,
  tlsFilesOf,
  tlsVariables,
  urls,
} from '@parley/runtime';
import { z } from 'zod';
import { GatewayConfig } from '../config.js';
import { coreOver } from '../core.js';
import { writeSampleData } from './index.js';

const Variables = z.object({
  NATS_URL: urls(['nats', 'tls']),
  ...tlsVariables('PARLEY_NATS'),
  PARLEY_LOG_LEVEL: logLevel,
  PARLEY_SAMPLE_DATA: flag(false),
  ...startupVariables,
});

// A job: it runs once with the settings of the gateway, waits for services that still start, and ends.
const main = async (): Promise<void> => {
  const settings = readConfig(Variables, process.env);
  const config = readConfig(GatewayConfig, process.env);
  const log = createLog({ service: 'sample-data', level: settings.PARLEY_LOG_LEVEL });
  if (!settings.PARLEY_SAMPLE_DATA) return log.info('No sample data is wanted');
  const tls = tlsFilesOf('PARLEY_NATS', settings);
  const withinMs = settings.PARLEY_STARTUP_WAIT_MS;
  await waitForStore({ name: 'NATS', check: () => checkNats(settings.NATS_URL, { tls }) }, withinMs, log);
  const bus = await connectNats({ servers: settings.NATS_URL, name: 'sample-data', log, tls });
  try {
    const check = () => writeSampleData(coreOver(bus), config, log).then(() => null, problemOfStart);
    await waitForStore({ name: 'the services', check }, withinMs, log);
    log.info('The sample data is there');
    if (isLoopbackHost(config.host)) return;
    log.warn({ host: config.host }, 'This server can be reached from elsewhere and has users with published passwords');
    log.warn('Start it without PARLEY_SAMPLE_DATA and with a new database before anybody else can reach it');
  } finally {
    await bus.drain();
  }
};

/** What is not there yet at the start of everything; another fault is thrown. */
const problemOfStart = (error: unknown) => {
  if (!isFault(error) || error.code !== 'unavailable') throw error;
  return { kind: 'unreachable', place: 'NATS', sentence: error.message } as const;
};

main().then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(
      `${startFailure(error instanceof NatsConnectError ? new StartError(error.message) : error)}\n`,
    );
    process.exit(1);
  },
);
