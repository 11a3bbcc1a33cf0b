import { AuthConfig, ignoredVariables } from '@parley/auth';
import { ChatConfig } from '@parley/chat';
import { GatewayConfig } from '@parley/gateway';
import { type Log, isLoopbackHost, nearestName, readConfig } from '@parley/runtime';
import { SignalingConfig } from '@parley/signaling';
import { TopicsConfig } from '@parley/topics';
import type { z } from 'zod';
import { StandaloneConfig } from './config.js';

/** What each of the five services reads, before anything is started. */
export interface Settings {
  readonly auth: AuthConfig;
  readonly topics: TopicsConfig;
  readonly chat: ChatConfig;
  readonly signaling: SignalingConfig;
  readonly gateway: GatewayConfig;
}

/** With the secret of the folder, unless the operator set one. Throws a ConfigError for what a service cannot use. */
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
      // Their passwords are published: beyond loopback they are asked for.
      sampleData: own.PARLEY_SAMPLE_DATA ?? isLoopbackHost(own.HOST),
    },
  };
};

/** Read by the other forms of Parley or by its scripts: an environment that is shared with them may hold these. */
const readElsewhere = /^PARLEY_(?:TEST|PROVE|BENCH|HELM|IMAGE|VERSION|REVISION|WRITE)(?:_|$)/;
const ofServices = ['PARLEY_DATABASE_CONNECTIONS', 'PARLEY_UNREADY_MS'];

type Readable = z.ZodObject | z.ZodPipe<z.ZodObject>;

const namesOf = (schema: Readable): string[] => Object.keys(('shape' in schema ? schema : schema.in).shape);

/** One warning for each variable that has no effect: unknown ones, with what was probably meant, and those of old servers. */
export const warnOfVariables = (environment: NodeJS.ProcessEnv, log: Log): void => {
  const schemas = [
    StandaloneConfig,
    AuthConfig,
    TopicsConfig,
    ChatConfig,
    SignalingConfig,
    GatewayConfig,
  ] as Readable[];
  const known = [...ofServices, ...schemas.flatMap(namesOf)].filter((name) => name.startsWith('PARLEY_'));
  for (const name of Object.keys(environment).sort()) {
    const plain = name.replace(/_FILE$/, '');
    if (!name.startsWith('PARLEY_') || readElsewhere.test(name) || known.includes(plain)) continue;
    const meant = nearestName(name, known);
    log.warn(`${name} is not a variable of Parley and has no effect${meant ? `; did you mean ${meant}?` : ''}`);
  }
  for (const [name, why] of Object.entries(ignoredVariables)) if (environment[name]) log.warn(why);
};
