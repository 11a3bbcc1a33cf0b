import { createHmac } from 'node:crypto';
import { AuthConfig, startAuth } from '@parley/auth';
import { NatsConnectError, connectNats, inProcessBus } from '@parley/bus';
import type { Bus } from '@parley/bus';
import { ChatConfig, startChat } from '@parley/chat';
import { connectDatabase } from '@parley/postgres';
import { busMeter, databaseMeter, exposeBusMetrics, exposeDatabaseMetrics } from '@parley/process';
import {
  type Lifecycle,
  type Log,
  type Metrics,
  StartError,
  type TlsFiles,
  readConfig,
  tlsFilesOf,
} from '@parley/runtime';
import { SignalingConfig, startSignaling } from '@parley/signaling';
import { TopicsConfig, startTopics } from '@parley/topics';
import type { StandaloneConfig } from './config.js';
import { startEmbeddedPostgres } from './embedded-postgres.js';
import type { Folder } from './folder.js';

/** The settings of the four services that own data. */
export interface OwnerSettings {
  readonly auth: AuthConfig;
  readonly topics: TopicsConfig;
  readonly chat: ChatConfig;
  readonly signaling: SignalingConfig;
}

/** Throws a ConfigError when a service refuses a setting. */
export const readOwnerSettings = (environment: NodeJS.ProcessEnv): OwnerSettings => ({
  auth: readConfig(AuthConfig, environment),
  topics: readConfig(TopicsConfig, environment),
  chat: readConfig(ChatConfig, environment),
  signaling: readConfig(SignalingConfig, environment),
});

/** Uses the secret of the folder, unless the operator set one. */
export const withFolderSecret = (given: NodeJS.ProcessEnv, folderSecret: string): NodeJS.ProcessEnv => {
  const hasOwnSecret = Boolean(given['PARLEY_SECRET'] ?? given['PARLEY_SECRET_FILE']);
  return { ...given, ...(!hasOwnSecret && { PARLEY_SECRET: folderSecret }) };
};

export interface OwnerDeps {
  readonly folder: Folder;
  readonly settings: OwnerSettings;
  readonly lifecycle: Lifecycle;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Shows the user what the start is doing. */
  progress(text: string): void;
}

/** Starts the database, the bus and the four services that own data. The lifecycle stops them, the last started first. */
export const startOwners = async (config: StandaloneConfig, deps: OwnerDeps): Promise<Bus> => {
  const { lifecycle, log, metrics, settings, progress } = deps;
  const urlsOf = await databaseUrls(config, deps);
  const bus = await openBus(config, deps);
  const meter = databaseMeter(metrics);
  const databaseFor = (schema: string) => {
    const database = connectDatabase({ ...urlsOf(schema), schema, poolMax: 5, log, meter });
    exposeDatabaseMetrics(metrics, database);
    lifecycle.onStop(`database of ${schema}`, () => database.close());
    return { bus, database, log: log.child({ part: schema }), metrics };
  };
  progress('Preparing the database …');
  const starting: readonly (readonly [name: string, part: Promise<Stoppable>])[] = [
    ['auth', startAuth(settings.auth, databaseFor('auth'))],
    ['topics', startTopics(settings.topics, databaseFor('topics'))],
    ['chat', startChat(settings.chat, databaseFor('chat'))],
    ['signaling', startSignaling(settings.signaling, databaseFor('signaling'))],
  ];
  // All settle before one that failed ends the start, so that each that runs is stopped.
  const outcomes = await Promise.allSettled(starting.map(([, part]) => part));
  for (const [at, outcome] of outcomes.entries())
    if (outcome.status === 'fulfilled') lifecycle.onStop(starting[at]?.[0] ?? '', () => outcome.value.stop());
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
  return bus;
};

interface Stoppable {
  stop(): Promise<void>;
}

const schemas = ['auth', 'topics', 'chat', 'signaling'];

type DatabaseUrls = (schema: string) => {
  readonly url: string;
  readonly ownerUrl?: string;
  readonly tls?: TlsFiles | undefined;
};

/** The URL of each service's schema, and the owner's URL for its migrations. */
const databaseUrls = async (
  config: StandaloneConfig,
  { folder, lifecycle, log, progress }: OwnerDeps,
): Promise<DatabaseUrls> => {
  const { DATABASE_URL: url } = config;
  const tls = tlsFilesOf('PARLEY_DATABASE', config);
  if (url) return () => ({ url, tls });
  progress('Starting PostgreSQL (the first start takes some seconds) …');
  const passwordOf = (role: string): string => {
    // Earlier versions had a single role, whose password was derived from this purpose.
    const purpose = role === 'parley' ? 'embedded postgres' : `embedded postgres ${role}`;
    return createHmac('sha256', folder.secret).update(purpose).digest('base64url');
  };
  const postgres = await startEmbeddedPostgres(folder.path, passwordOf, schemas, log);
  lifecycle.onStop('PostgreSQL', () => postgres.stop());
  return (schema) => ({ url: postgres.urlFor(schema), ownerUrl: postgres.ownerUrl });
};

const openBus = async (config: StandaloneConfig, { lifecycle, log, metrics }: OwnerDeps): Promise<Bus> => {
  const meter = busMeter(metrics);
  const tls = tlsFilesOf('PARLEY_NATS', config);
  const bus = config.NATS_URL
    ? await connectNats({ servers: config.NATS_URL, name: 'standalone', log, meter, tls }).catch(asStartError)
    : inProcessBus({ log, meter, freezes: false });
  exposeBusMetrics(metrics, bus);
  lifecycle.onStop('bus', () => bus.drain());
  return bus;
};

const asStartError = (error: unknown): never => {
  throw error instanceof NatsConnectError ? new StartError(error.message, { cause: error }) : error;
};
