import { createHmac } from 'node:crypto';
import { startAuth } from '@parley/auth';
import { NatsConnectError, connectNats, inProcessBus } from '@parley/bus';
import type { Bus } from '@parley/bus';
import { startChat } from '@parley/chat';
import { coreOver, startGateway, writeSampleData } from '@parley/gateway';
import { connectDatabase } from '@parley/postgres';
import { busMeter, databaseMeter, exposeBusMetrics, exposeDatabaseMetrics } from '@parley/process';
import { type Lifecycle, type Log, type Metrics, StartError, type TlsFiles, tlsFilesOf } from '@parley/runtime';
import { startSignaling } from '@parley/signaling';
import { startTopics } from '@parley/topics';
import type { StandaloneConfig } from './config.js';
import { startEmbeddedPostgres } from './embedded-postgres.js';
import type { Folder } from './folder.js';
import type { Settings } from './settings.js';

export { StandaloneConfig } from './config.js';

interface Deps {
  readonly folder: Folder;
  readonly settings: Settings;
  readonly lifecycle: Lifecycle;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Shows the user what the start is doing. */
  progress(text: string): void;
}

/** For what a gateway does after its clients have left: finish pending replies, 5 s at most, and close its own connections. */
const closingMs = 8_000;

/** Runs the five services in this process, each wired as it would be on its own. The lifecycle stops them, the last started first. */
export const startStandalone = async (config: StandaloneConfig, deps: Deps): Promise<{ url: string; host: string }> => {
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
  const stopping = (name: string, part: { stop(): Promise<void> }) => lifecycle.onStop(name, () => part.stop());

  stopping('auth', await startAuth(settings.auth, databaseFor('auth')));
  stopping('topics', await startTopics(settings.topics, databaseFor('topics')));
  stopping('chat', await startChat(settings.chat, databaseFor('chat')));
  stopping('signaling', await startSignaling(settings.signaling, databaseFor('signaling')));
  if (settings.gateway.sampleData) await writeSampleData(coreOver(bus), settings.gateway, log);
  const gateway = await startGateway(settings.gateway, { bus, log: log.child({ part: 'gateway' }), metrics });
  lifecycle.onStop('gateway', () => gateway.stop(), { withinMs: config.PARLEY_DRAIN_MS + closingMs });
  return { url: gateway.url, host: settings.gateway.host };
};

const schemas = ['auth', 'topics', 'chat', 'signaling'];

type DatabaseUrls = (schema: string) => {
  readonly url: string;
  readonly ownerUrl?: string;
  readonly tls?: TlsFiles | undefined;
};

/** The URL of each service's schema, and the owner's URL for its migrations. */
const databaseUrls = async (
  config: StandaloneConfig,
  { folder, lifecycle, log, progress }: Deps,
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

const openBus = async (config: StandaloneConfig, { lifecycle, log, metrics }: Deps): Promise<Bus> => {
  const meter = busMeter(metrics);
  const tls = tlsFilesOf('PARLEY_NATS', config);
  const bus = config.NATS_URL
    ? await connectNats({ servers: config.NATS_URL, name: 'standalone', log, meter, tls }).catch(asStartError)
    : inProcessBus({ log, meter });
  exposeBusMetrics(metrics, bus);
  lifecycle.onStop('bus', () => bus.drain());
  return bus;
};

const asStartError = (error: unknown): never => {
  throw error instanceof NatsConnectError ? new StartError(error.message, { cause: error }) : error;
};
