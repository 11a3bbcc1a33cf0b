import { AuthConfig, migrations as authMigrations, startAuth } from '@parley/auth';
import { type Bus, inProcessBus } from '@parley/bus';
import { ChatConfig, migrations as chatMigrations, startChat } from '@parley/chat';
import { connectDatabase, type Database } from '@parley/postgres';
import { createLog, type Log } from '@parley/runtime';
import { SignalingConfig, migrations as signalingMigrations, startSignaling } from '@parley/signaling';
import { TopicsConfig, migrations as topicsMigrations, startTopics } from '@parley/topics';
import { freshDatabases, type SchemaOptions } from './database.js';

/** The schemas of all services that have one. */
export const serviceSchemas: readonly SchemaOptions[] = [
  { schema: 'auth', migrations: authMigrations },
  { schema: 'topics', migrations: topicsMigrations },
  { schema: 'chat', migrations: chatMigrations },
  { schema: 'signaling', migrations: signalingMigrations },
];

type Owner = 'auth' | 'topics' | 'chat' | 'signaling';

export interface OwnersOptions {
  /** Of `freshServiceDatabase`, or any other with `serviceSchemas`. */
  readonly databaseUrl: string;
  /** The bus of a service; whoever made it closes it. */
  readonly busOf: (service: Owner) => Bus | Promise<Bus>;
  readonly log: Log;
  readonly environment?: Readonly<Record<string, string>>;
  /** Lifetime of v1's access tokens in milliseconds; the operator's minimum is one minute. */
  readonly accessLifeMs?: number | undefined;
  /** The wall clock of auth. */
  readonly clock?: (() => number) | undefined;
}

/** The four services that own data, in this process. */
export interface Owners extends AsyncDisposable {
  /** Chat's job that removes the messages that are older than PARLEY_RETENTION_DAYS. */
  readonly removeOld: () => Promise<void>;
}

const testSecret = 'a secret that only tests have'.padEnd(64, '.');

/** A database for `startOwners` and `startInOneProcess`, with the keys that auth would make when it starts for the first time. */
export const freshServiceDatabase = (): ReturnType<typeof freshDatabases> =>
  freshDatabases(serviceSchemas, { name: `keys of auth, ${testSecret}`, prepare: makeKeys });

const makeKeys = async (databaseUrl: string): Promise<void> => {
  const log = createLog({ service: 'template', level: 'silent' });
  const bus = inProcessBus({ log });
  const owners = await startOwners({ databaseUrl, busOf: () => bus, log });
  await owners[Symbol.asyncDispose]();
  await bus.drain();
};

export const startOwners = (options: OwnersOptions): Promise<Owners> =>
  startTogether(options, async (starting) => {
    await startFirst(options, starting);
    const { environment, depsOf, running } = starting;
    const { removeOld } = await running(startChat(ChatConfig.parse(environment), await depsOf('chat')));
    await running(startSignaling(SignalingConfig.parse(environment), await depsOf('signaling')));
    return { removeOld };
  });

/** Only auth and topics, for the tests of a service that calls them and is started by its own fixture. */
export const startAuthAndTopics = (options: OwnersOptions): Promise<AsyncDisposable> =>
  startTogether(options, async (starting) => {
    await startFirst(options, starting);
    return {};
  });

interface Starting {
  readonly environment: Readonly<Record<string, string>>;
  depsOf(service: Owner): Promise<{ readonly bus: Bus; readonly database: Database; readonly log: Log }>;
  running<T extends { stop(): Promise<void> }>(starting: Promise<T>): Promise<T>;
}

/** Auth, and topics, which calls it. */
const startFirst = async (options: OwnersOptions, { environment, depsOf, running }: Starting): Promise<void> => {
  const { clock } = options;
  const auth = AuthConfig.parse(environment);
  const { accessLifeMs = auth.accessLifeMs.v1 } = options;
  const config = { ...auth, accessLifeMs: { ...auth.accessLifeMs, v1: accessLifeMs } };
  await running(startAuth(config, { ...(await depsOf('auth')), ...(clock && { clock }) }));
  await running(startTopics(TopicsConfig.parse(environment), await depsOf('topics')));
};

/** Disposing stops what was started, the last first; so does a start that fails. */
const startTogether = async <T extends object>(
  { databaseUrl, busOf, log, ...options }: OwnersOptions,
  start: (starting: Starting) => Promise<T>,
): Promise<T & AsyncDisposable> => {
  const environment = { PARLEY_SECRET: testSecret, ...options.environment };
  const undo: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (const each of undo.splice(0).reverse()) await each();
  };
  try {
    const started = await start({
      environment,
      depsOf: async (service) => {
        const database = connectDatabase({ url: databaseUrl, schema: service, poolMax: 5, log });
        undo.push(() => database.close());
        return { bus: await busOf(service), database, log };
      },
      running: async (starting) => {
        const service = await starting;
        undo.push(() => service.stop());
        return service;
      },
    });
    return { ...started, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    throw error;
  }
};
