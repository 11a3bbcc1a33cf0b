import { NatsConnectError, checkNats, connectNats } from '@parley/bus';
import { StartError, createLog, logLevel, readConfig, tlsFilesOf, tlsVariables, urls } from '@parley/runtime';
import { z } from 'zod';
import { type Target, ownersOver } from './target.js';

/** The name of the user of the bus, and of the system caller. */
export const importer = 'importer';

const StackConfig = z.object({
  NATS_URL: urls(['nats', 'tls']).optional(),
  ...tlsVariables('PARLEY_NATS'),
  PARLEY_LOG_LEVEL: logLevel.removeDefault().default('warn'),
});
type StackConfig = z.output<typeof StackConfig>;

/**
 * The stack that NATS_URL names; without it the data folder of a standalone. Rejects with a StartError or ConfigError: a sentence for the
 * operator about what is in the way.
 */
export const openTarget = async (
  environment: NodeJS.ProcessEnv,
  folder: string | undefined,
  progress: (text: string) => void,
): Promise<Target> => {
  const config = readConfig(StackConfig, environment);
  if (config.NATS_URL !== undefined && folder !== undefined)
    throw new StartError('NATS_URL and --folder name two targets: unset NATS_URL, or leave --folder out.');
  if (config.NATS_URL !== undefined) return openStack(config, config.NATS_URL);
  // Loaded only here: an import into a stack needs none of the services.
  const { openDataFolder } = await import('@parley/standalone/data-folder');
  const opened = await openDataFolder({ ...environment, ...(folder && { PARLEY_FOLDER: folder }) }, progress);
  return {
    name: `the folder ${opened.path}`,
    owners: ownersOver(opened.bus),
    [Symbol.asyncDispose]: () => opened.close(),
  };
};

const openStack = async (config: StackConfig, servers: string): Promise<Target> => {
  const log = createLog({ service: importer, level: config.PARLEY_LOG_LEVEL });
  const tls = tlsFilesOf('PARLEY_NATS', config);
  const problem = await checkNats(servers, { tls });
  if (problem !== null) throw new StartError(`${problem.sentence}.`);
  const bus = await connectNats({ servers, name: importer, log, tls }).catch((error: unknown) => {
    throw error instanceof NatsConnectError ? new StartError(error.message, { cause: error }) : error;
  });
  return { name: 'the stack of NATS_URL', owners: ownersOver(bus), [Symbol.asyncDispose]: () => bus.drain() };
};
