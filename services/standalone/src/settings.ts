import { GatewayConfig } from '@parley/gateway';
import { isLoopbackHost, readConfig } from '@parley/runtime';
import type { StandaloneConfig } from './config.js';
import { type OwnerSettings, readOwnerSettings, withFolderSecret } from './owners.js';

/** The settings of each of the five services, read before anything is started. */
export interface Settings extends OwnerSettings {
  readonly gateway: GatewayConfig;
}

/** Uses the secret of the folder, unless the operator set one. Throws a ConfigError when a service refuses a setting. */
export const readSettings = (given: NodeJS.ProcessEnv, folderSecret: string, own: StandaloneConfig): Settings => {
  const environment = withFolderSecret(given, folderSecret);
  return {
    ...readOwnerSettings(environment),
    gateway: {
      ...readConfig(GatewayConfig, environment),
      drainMs: own.PARLEY_DRAIN_MS,
      // The sample passwords are public: beyond loopback, sample data must be requested.
      sampleData: own.PARLEY_SAMPLE_DATA ?? isLoopbackHost(own.HOST),
    },
  };
};
