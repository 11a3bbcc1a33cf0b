import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Bus, NatsConnectError, checkNats, connectNats } from '@parley/bus';
import { type Database, NotMigrated, checkDatabase, connectDatabase, mayMigrate } from '@parley/postgres';
import {
  ConfigError,
  type Lifecycle,
  type Log,
  type Metrics,
  StartError,
  createLifecycle,
  createLog,
  createMetrics,
  integer,
  processVariables,
  readConfig,
  startFailure,
  startHealth,
  startTelemetry,
  tlsFilesOf,
  tlsVariables,
  urls,
  warnOfVariables,
} from '@parley/runtime';
import { z } from 'zod';
import { busMeter, databaseMeter, exposeBusMetrics, exposeDatabaseMetrics } from './observe.js';
import { databaseUrl, startupVariables } from './startup.js';
import { type Store, nameLostStore, waitForStore } from './wait-for-store.js';

/** Variables of every process, besides its own. */
export const BusVariables = z.object({
  NATS_URL: urls(['nats', 'tls']).describe('URL of NATS; several with commas between them'),
  ...tlsVariables('PARLEY_NATS'),
  ...processVariables,
  ...startupVariables,
  PARLEY_SHUTDOWN_DELAY_MS: integer(0, 120_000, 0).describe(
    'how long a stopping process still accepts new connections and requests after `/readyz` reports not ready: as long as a load balancer needs to notice',
  ),
});
/** Variables of every service with a database, besides its own. */
export const ServiceVariables = BusVariables.extend({
  DATABASE_URL: databaseUrl.describe('URL of PostgreSQL; each service uses a schema of its own name'),
  ...tlsVariables('PARLEY_DATABASE'),
  PARLEY_DATABASE_CONNECTIONS: integer(2, 100, 10).describe('maximum number of connections to PostgreSQL per process'),
});

/** Dependencies of a part that runs as a process of its own. */
export interface ProcessDeps {
  readonly bus: Bus;
  readonly log: Log;
  readonly metrics: Metrics;
}
export interface ServiceDeps extends ProcessDeps {
  readonly database: Database;
}

/** A part that can be stopped: it takes no new work, then finishes work in flight. */
export interface Stoppable {
  stop(): Promise<void>;
  /** Further readiness checks; each rejects while it fails. */
  readonly checks?: Readonly<Record<string, Check>>;
}

export interface ServiceProcess<C extends z.ZodType, D> {
  readonly name: string;
  readonly environment: NodeJS.ProcessEnv;
  /** Schema of the part's own variables. */
  readonly config: C;
  start(config: z.output<C>, deps: D): Promise<Stoppable>;
  /** Rejects with a StartError for what would make `start` fail: runs before the process waits for its stores. */
  preflight?(config: z.output<C>): Promise<void>;
  /** Variables of the old servers that Parley ignores; for each that is set a warning with this reason is logged. */
  readonly ignored?: Readonly<Record<string, string>>;
  /** How long `stop` may take. Default: 10 s. */
  stopWithinMs?(config: z.output<C>): number;
}

type Check = () => Promise<void>;

/**
 * Runs a service that owns a schema of its own name: starts settings, telemetry, database, bus, the service and health, and stops them in
 * reverse order.
 */
export const runService = <C extends z.ZodType>(service: ServiceProcess<C, ServiceDeps>): Promise<void> =>
  run(warningOfOwner(service), ServiceVariables, (settings, { lifecycle, log, metrics }) => {
    const poolMax = settings.PARLEY_DATABASE_CONNECTIONS;
    const meter = databaseMeter(metrics);
    const tls = tlsFilesOf('PARLEY_DATABASE', settings);
    const database = connectDatabase({
      url: settings.DATABASE_URL,
      tls,
      schema: service.name,
      poolMax,
      startupWaitMs: settings.PARLEY_STARTUP_WAIT_MS,
      log,
      meter,
    });
    exposeDatabaseMetrics(metrics, database);
    lifecycle.onStop('database', () => database.close());
    const check = () => checkDatabase(settings.DATABASE_URL, [service.name], { creates: false, tls });
    return { deps: { database }, checks: { database: () => database.ping() }, stores: [{ name: 'PostgreSQL', check }] };
  });

/** One role for all services works, but then the database does not isolate them from each other. */
const warningOfOwner = <C extends z.ZodType>(
  service: ServiceProcess<C, ServiceDeps>,
): ServiceProcess<C, ServiceDeps> => ({
  ...service,
  start: async (config, deps) => {
    const started = await service.start(config, deps);
    const { database, log } = deps;
    try {
      if (await mayMigrate(database.knex, database.schema))
        log.warn(
          `the role of DATABASE_URL owns the tables of ${database.schema}: give the service a role of its own (docs/operations.md)`,
        );
    } catch (err) {
      log.warn({ err }, 'it is not known whether the role of DATABASE_URL owns its tables');
    }
    return started;
  },
});

/** Runs a part that needs the bus and no database. */
export const runProcess = <C extends z.ZodType>(part: ServiceProcess<C, ProcessDeps>): Promise<void> =>
  run(part, BusVariables, () => ({ deps: {}, checks: {}, stores: [] }));

const run = async <C extends z.ZodType, V extends typeof BusVariables, D extends object>(
  part: ServiceProcess<C, ProcessDeps & D>,
  variables: V,
  prepare: (
    settings: z.output<V>,
    made: { readonly lifecycle: Lifecycle; readonly log: Log; readonly metrics: Metrics },
  ) => {
    readonly deps: D;
    readonly checks: Readonly<Record<string, Check>>;
    readonly stores: readonly Store[];
  },
): Promise<void> => {
  try {
    await begin(part, variables, prepare);
  } catch (error) {
    process.stderr.write(
      `${startFailure(error instanceof NotMigrated || error instanceof NatsConnectError ? new StartError(error.message) : error)}\n`,
    );
    process.exit(1);
  }
};

const begin: typeof run = async (part, variables, prepare) => {
  const { name, environment } = part;
  const [settings, config] = readBoth(variables, part.config, environment);
  const tls = tlsFilesOf('PARLEY_NATS', settings);
  const log = createLog({ service: name, level: settings.PARLEY_LOG_LEVEL });
  warnOfVariables(environment, log, part.ignored);
  await part.preflight?.(config);

  const stopWithinMs = part.stopWithinMs?.(config) ?? 10_000;
  const shutdownDelayMs = settings.PARLEY_SHUTDOWN_DELAY_MS;
  const lifecycle = createLifecycle({ log, stopDeadlineMs: shutdownDelayMs + stopWithinMs + 5_000 });
  const telemetry = await startTelemetry({
    service: name,
    instanceId: randomUUID(),
    sampleRatio: settings.PARLEY_TRACE_RATIO,
    environment,
    log,
  });
  lifecycle.onStop('telemetry', () => telemetry.shutdown());
  const metrics = createMetrics(name);
  const { deps, checks, stores } = prepare(settings, { lifecycle, log, metrics });
  const required: Record<string, Check> = { ...checks, bus: notConnected };
  // First, so that probes are answered from the start, and while the process disconnects its clients.
  const health = await startHealth({
    host: settings.PARLEY_HEALTH_HOST,
    port: settings.PARLEY_HEALTH_PORT,
    metrics,
    checks: required,
  });
  lifecycle.onStop('health', () => health.close());
  const nats: Store = { name: 'NATS', check: () => checkNats(settings.NATS_URL, { tls }) };
  const withinMs = settings.PARLEY_STARTUP_WAIT_MS;
  await Promise.all([nats, ...stores].map((store) => waitForStore(store, withinMs, log)));
  const bus = await connectNats({ servers: settings.NATS_URL, name, log, meter: busMeter(metrics), tls });
  required['bus'] = () => (bus.connected ? Promise.resolve() : notConnected());
  exposeBusMetrics(metrics, bus);
  lifecycle.onStop('bus', () => bus.drain());
  const starting = part.start(config, { ...deps, bus, log, metrics });
  const started = await starting.catch(async (error: unknown) => {
    throw await nameLostStore(error, stores);
  });
  Object.assign(required, started.checks);
  lifecycle.onStop(name, () => started.stop(), { withinMs: stopWithinMs });
  // Work is accepted until the load balancer has noticed that this process is not ready.
  const becomeUnready = async (): Promise<void> => {
    health.setReady(false);
    await sleep(shutdownDelayMs);
  };
  lifecycle.onStop('readiness', becomeUnready, { withinMs: shutdownDelayMs + 1_000 });
  health.setReady(true);
  log.info({ healthPort: health.port }, `${name} answers`);
};

/** Reads both schemas; throws one ConfigError with the mistakes of both. */
const readBoth = <A extends z.ZodType, B extends z.ZodType>(
  first: A,
  second: B,
  environment: NodeJS.ProcessEnv,
): [z.output<A>, z.output<B>] => {
  const mistakes: string[] = [];
  const read = <S extends z.ZodType>(schema: S): z.output<S> | undefined => {
    try {
      return readConfig(schema, environment);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      mistakes.push(...error.mistakes);
      return undefined;
    }
  };
  const settings = [read(first), read(second)];
  // Both report the mistakes of a file.
  if (mistakes.length > 0) throw new ConfigError([...new Set(mistakes)]);
  return settings as [z.output<A>, z.output<B>];
};

const notConnected = async (): Promise<void> => {
  throw new Error('not connected to NATS');
};
