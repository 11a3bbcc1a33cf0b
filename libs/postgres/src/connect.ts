import knexFactory, { type Knex } from 'knex';
import { databaseHosts } from './database-hosts.js';
import { databaseUrlMistake } from './database-url.js';
import { faultFromSql } from './faults.js';
import { connectToPrimary } from './primary.js';
import { readBeforeTimeouts } from './read-first.js';
import { type DatabaseTlsFiles, databaseTarget } from './tls.js';

/** Log of this package; a pino logger fits. */
export interface DatabaseLog {
  debug(details: object, message: string): void;
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
}

/** Called once for each named statement or transaction, with its outcome and duration. */
export type DatabaseMeter = (operation: string, outcome: 'ok' | 'refused' | 'failed', seconds: number) => void;

/** Numbers of busy and idle connections of a pool, and of callers that wait for one. */
export interface PoolState {
  readonly used: number;
  readonly free: number;
  readonly waiting: number;
}

/** A pool of connections whose `search_path` is one service's schema. */
export interface Database {
  readonly knex: Knex;
  readonly schema: string;
  readonly log: DatabaseLog;
  readonly meter?: DatabaseMeter | undefined;
  /** How long `migrate` waits for PostgreSQL, in ms. */
  readonly startupWaitMs: number;
  /** Migrations applied since the start, and the time they took. */
  readonly migrated: { applied: number; seconds: number };
  pool(): PoolState;
  /** Resolves when PostgreSQL answers; rejects with a Fault, after the deadlines of this pool at the latest. */
  ping(): Promise<void>;
  /** Waits for running statements, then closes every connection. Idempotent. */
  close(): Promise<void>;
  /** A pool of at most two connections without deadlines, for migrations; the caller destroys it. */
  withoutDeadlines(): Knex;
}

export interface ConnectOptions {
  /** With several hosts (`postgres://user:password@a:5432,b:5432/database`), the one that takes writes is used. */
  readonly url: string;
  /** URL of the role that owns the schema, for migrations. Default: `url`. */
  readonly ownerUrl?: string | undefined;
  /** With these files, or with `sslmode` in the URL, the connections use TLS. */
  readonly tls?: DatabaseTlsFiles | undefined;
  /** Becomes the `search_path` of every connection; it need not exist yet. */
  readonly schema: string;
  readonly poolMax?: number;
  readonly applicationName?: string;
  readonly statementTimeoutMs?: number;
  /** How long a query waits for a free connection. Default: 5,000. */
  readonly poolWaitMs?: number;
  /** How long `migrate` waits for a PostgreSQL that does not answer; 0: one attempt. Default: 60,000. */
  readonly startupWaitMs?: number;
  readonly log: DatabaseLog;
  readonly meter?: DatabaseMeter | undefined;
}

const connectTimeoutMs = 3_000;
/** Of several hosts each has less, so that all of them are tried before a caller gives up. */
const connectTimeoutOfSeveralMs = 1_500;
const idleInTransactionMs = 30_000;
/**
 * In seconds, of the server's end: after about ten it ends the session of a client whose machine is gone, and with it the locks that others
 * wait for. By default it would be two hours.
 */
const keepalive = { tcp_keepalives_idle: 4, tcp_keepalives_interval: 2, tcp_keepalives_count: 3 };
/** Added to the server's own statement timeout: an answer is this late only when the server has become unreachable. */
const silenceMs = 5_000;
const readTimeout = 'Query read timeout';
/** 25006: the server became a standby, or a proxy led to one. 57P01, 57P02, 57P03, 57P05: it ends this session, and then closes the connection. */
const lastCodes = new Set(['25006', '57P01', '57P02', '57P03', '57P05']);

/**
 * Creates the pool without opening a connection; throws for an invalid URL. A statement, a connection attempt and the wait for a free
 * connection each have a deadline. A broken connection is discarded when it is next acquired, so a restart of PostgreSQL needs no action.
 */
export const connectDatabase = (options: ConnectOptions): Database => {
  if (!/^[a-z_][a-z0-9_]*$/.test(options.schema)) throw new Error(`Not a name for a schema: ${options.schema}`);
  const knex = openPool(options, options.poolMax ?? 10, options.statementTimeoutMs ?? 15_000);
  let closing: Promise<void> | undefined;
  return {
    knex,
    schema: options.schema,
    log: options.log,
    meter: options.meter,
    startupWaitMs: options.startupWaitMs ?? 60_000,
    migrated: { applied: 0, seconds: 0 },
    pool: () => poolStateOf(knex),
    ping: async () => {
      try {
        await knex.raw('select 1');
      } catch (error) {
        throw faultFromSql(error);
      }
    },
    close: () => (closing ??= knex.destroy()),
    withoutDeadlines: () => openPool({ ...options, url: options.ownerUrl ?? options.url }, 2, 0),
  };
};

const openPool = (options: ConnectOptions, max: number, statementTimeoutMs: number): Knex => {
  const { log, schema } = options;
  const { hosts, writes } = targetsOf(options, statementTimeoutMs);
  // A connection whose query timed out is closed, and one whose session ends soon will be.
  const stuck = new Set<string>();
  const knex = knexFactory({
    client: 'pg',
    connection: hosts[0] ?? {},
    pool: {
      min: 0,
      max,
      afterCreate: prepareSession(schema, statementTimeoutMs),
      acquireTimeoutMillis: options.poolWaitMs ?? 5_000,
      validate: (connection: { readonly __knexUid: string }) => !stuck.delete(connection.__knexUid),
    },
    // knex would otherwise write the values of parameters into error messages.
    compileSqlOnError: false,
    log: {
      debug: (message: unknown) => log.debug({}, String(message)),
      deprecate: (method: string, alternative: string) => log.warn({ method, alternative }, 'knex: deprecated'),
      warn: (message: unknown) => log.warn({ schema }, firstLine(message)),
      error: (message: unknown) => log.error({ schema }, firstLine(message)),
    },
  });
  readBeforeTimeouts(knex);
  if (writes) connectToPrimary(knex, hosts);
  knex.on('query-error', (error: Error & { code?: string }, { __knexUid }: { readonly __knexUid: string }) => {
    if (error.message.endsWith(readTimeout) || lastCodes.has(error.code ?? '')) stuck.add(__knexUid);
  });
  return knex;
};

/** The settings of a connection to each host of the URL. */
const targetsOf = (options: ConnectOptions, statementTimeoutMs: number): { hosts: object[]; writes: boolean } => {
  const { url, tls, schema, applicationName = `parley-${schema}` } = options;
  const mistake = databaseUrlMistake(url);
  if (mistake !== null) throw new Error(`DATABASE_URL ${mistake}`);
  const { urls, writes } = databaseHosts(url);
  const settings = {
    application_name: applicationName,
    connectionTimeoutMillis: urls.length > 1 ? connectTimeoutOfSeveralMs : connectTimeoutMs,
    keepAlive: true,
    // A statement is sent although the one before it runs (`Pipeline`); knex sends one at a time on a connection all the same.
    pipeline: true,
    ...(statementTimeoutMs > 0 && { query_timeout: statementTimeoutMs + silenceMs }),
  };
  return { hosts: urls.map((each) => ({ ...databaseTarget(each, tls), ...settings })), writes };
};

/** knex does not type its pool. */
const poolStateOf = (knex: Knex): PoolState => {
  const { pool } = knex.client as {
    readonly pool?: { numUsed(): number; numFree(): number; numPendingAcquires(): number };
  };
  return {
    used: pool?.numUsed() ?? 0,
    free: pool?.numFree() ?? 0,
    waiting: pool?.numPendingAcquires() ?? 0,
  };
};

const firstLine = (message: unknown): string => String(message).split('\n', 1)[0] ?? '';

interface RawConnection {
  query(text: string, values: unknown[], done: (error: Error | null) => void): void;
  end(): Promise<void>;
}

/** By a statement and not by start-up options, which PgBouncer refuses; the pool provides no connection before it succeeded. */
const prepareSession =
  (schema: string, statementTimeoutMs: number) =>
  (connection: RawConnection, done: (error: Error | null, connection: RawConnection) => void): void => {
    const settings = {
      search_path: schema,
      statement_timeout: statementTimeoutMs,
      idle_in_transaction_session_timeout: statementTimeoutMs > 0 ? idleInTransactionMs : 0,
      ...keepalive,
    };
    const calls = Object.keys(settings).map((name, index) => `set_config('${name}', $${index + 1}, false)`);
    connection.query(`select ${calls.join(', ')}`, Object.values(settings).map(String), (error) => {
      // The pool never receives this connection, so nothing else would close it.
      if (error) connection.end().catch(() => undefined);
      done(error, connection);
    });
  };
