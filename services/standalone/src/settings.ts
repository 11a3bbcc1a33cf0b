import { AuthConfig } from '@parley/auth';
import { ChatConfig } from '@parley/chat';
import { GatewayConfig } from '@parley/gateway';
import { isLoopbackHost, readConfig } from '@parley/runtime';
import { SignalingConfig } from '@parley/signaling';
import { TopicsConfig } from '@parley/topics';
import type { StandaloneConfig } from './config.js';

/** The settings of each of the five services, read before anything is started. */
export interface Settings {
  readonly auth: AuthConfig;
  readonly topics: TopicsConfig;
  readonly chat: ChatConfig;
  readonly signaling: SignalingConfig;
  readonly gateway: GatewayConfig;
}

/** Uses the secret of the folder, unless the operator set one. Throws a ConfigError when a service refuses a setting. */
export const readSettings = (given: NodeJS.ProcessEnv, folderSecret: string, own: StandaloneConfig): Settings => {
  const hasOwnSecret = Boolean(given['PARLEY_SECRET'] ?? given['PARLEY_SECRET_FILE']);
  const environment = { ...given, ...(!hasOwnSecret && { PARLEY_SECRET: folderSecret }) };
  return {
    auth: readConfig(AuthConfig, environment),
    topics: readConfig(TopicsConfig, environment),
    chat: readConfig(ChatConfig, environment),
    signaling: readConfig(SignalingConfig, environment),
    gateway: {
      ...readConfig(GatewayConfig, environment),
      drainMs: own.PARLEY_DRAIN_MS,
      // The sample passwords are public: beyond loopback, sample data must be requested.
      sampleData: own.PARLEY_SAMPLE_DATA ?? isLoopbackHost(own.HOST),
    },
  };
};
