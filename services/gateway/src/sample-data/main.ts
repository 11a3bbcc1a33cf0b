import { NatsConnectError, connectNats } from '@parley/bus';
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
});

// A job: it runs once beside services that answer already, with the settings of the gateway, and ends.
const main = async (): Promise<void> => {
  const settings = readConfig(Variables, process.env);
  const config = readConfig(GatewayConfig, process.env);
  const log = createLog({ service: 'sample-data', level: settings.PARLEY_LOG_LEVEL });
  if (!settings.PARLEY_SAMPLE_DATA) return log.info('No sample data is wanted');
  const tls = tlsFilesOf('PARLEY_NATS', settings);
  const bus = await connectNats({ servers: settings.NATS_URL, name: 'sample-data', log, tls });
  try {
    await writeSampleData(coreOver(bus), config, log);
    log.info('The sample data is there');
    if (isLoopbackHost(config.host)) return;
    log.warn({ host: config.host }, 'This server can be reached from elsewhere and has users with published passwords');
    log.warn('Start it without PARLEY_SAMPLE_DATA and with a new database before anybody else can reach it');
  } finally {
    await bus.drain();
  }
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
