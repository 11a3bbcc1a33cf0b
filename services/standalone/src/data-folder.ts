import type { Bus } from '@parley/bus';
import { createLifecycle, createLog, createMetrics, readConfig } from '@parley/runtime';
import { StandaloneConfig } from './config.js';
import { openFolder } from './folder.js';
import { readOwnerSettings, startOwners, withFolderSecret } from './owners.js';

/** The data of a stopped standalone, served without a gateway. */
export interface DataFolder {
  readonly path: string;
  readonly bus: Bus;
  /** Stops the services and the database. */
  close(): Promise<void>;
}

/** Signals are handled by the process that opened the folder. */
const unattached = { on: () => undefined, exit: () => undefined };

const service = 'importer';
const stopDeadlineMs = 30_000;

/**
 * Runs the services that own data in this process, on the folder of a standalone that does not run; makes the folder where there is none.
 * `environment` is that of the standalone; no client can connect. Rejects with a StartError, a sentence for the operator, for example when
 * a standalone runs there.
 */
export const openDataFolder = async (
  environment: NodeJS.ProcessEnv,
  progress: (text: string) => void,
): Promise<DataFolder> => {
  const config = readConfig(StandaloneConfig, environment);
  const folder = await openFolder(config.PARLEY_FOLDER);
  const log = createLog({ service, level: config.PARLEY_LOG_LEVEL });
  const lifecycle = createLifecycle({ log, stopDeadlineMs, process: unattached });
  lifecycle.onStop('folder', () => folder.release());
  try {
    const settings = readOwnerSettings(withFolderSecret(environment, folder.secret));
    const deps = { folder, settings, lifecycle, log, metrics: createMetrics(service), progress };
    const bus = await startOwners({ ...config, NATS_URL: undefined }, deps);
    return { path: folder.path, bus, close: () => lifecycle.stop() };
  } catch (error) {
    await lifecycle.stop();
    throw error;
  }
};
