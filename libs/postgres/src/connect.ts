import knexFactory, { type Knex } from 'knex';
import { databaseUrlMistake } from './database-url.js';
import { faultFromSql } from './faults.js';
import { readBeforeTimeouts } from './read-first.js';
import { type DatabaseTarget, type DatabaseTlsFiles, databaseTarget } from './tls.js';

/** What this package writes to; a pino logger fits. */
export interface DatabaseLog {
  debug(details: object, message: string): void;
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
}

/** Told once for each named statement or transaction: how it ended, and after how long. */
export type DatabaseMeter = (operation: string, outcome: 'ok' | 'refused' | 'failed', seconds: number) => void;

/** How many connections of a pool work, rest, and are waited for. */
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
  /** What migrating did since the start. */
  readonly migrated: { applied: number; seconds: number };
  pool(): PoolState;
  /** Resolves when PostgreSQL answers; rejects with a Fault, at the latest when the deadlines of this pool are over. */
  ping(): Promise<void>;
  /** Waits for what is running, then closes every connection. A second call does nothing. */
  close(): Promise<void>;
  /** At most two connections without deadlines, for migrations; whoever asks for them destroys them. */
  withoutDeadlines(): Knex;
}

export interface ConnectOptions {
  readonly url: string;
  /** Of the role that owns the schema, for migrations; `url` unless given. */
  readonly ownerUrl?: string | undefined;
  /** With them, or with `sslmode` in the URL, PostgreSQL is connected to over TLS. */
  readonly tls?: DatabaseTlsFiles | undefined;
  /** Becomes the `search_path` of every connection; it need not exist yet. */
  readonly schema: string;
  readonly poolMax?: number;
  readonly applicationName?: string;
  readonly statementTimeoutMs?: number;
  /** How long a query waits for a free connection. */
  readonly poolWaitMs?: number;
  readonly log: DatabaseLog;
  readonly meter?: DatabaseMeter | undefined;
}

const connectTimeoutMs = 3_000;
const idleInTransactionMs = 30_000;
/** Beyond the server's own statement timeout: only a server that went away without a word is this late. */
const silenceMs = 5_000;
const readTimeout = 'Query read timeout';

/**
 * Opens no connection yet; throws for a URL that cannot be used. A statement, a connection attempt and the wait for a free connection each have a deadline.
 * Connections that broke are thrown away when they are next taken, so a restart of PostgreSQL needs nothing from us.
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
  // pg leaves a connection that timed out on our side in the middle of its query; the next user would wait behind it.
  const stuck = new Set<string>();
  const knex = knexFactory({
    client: 'pg',
    connection: {
      ...targetOf(options),
      application_name: options.applicationName ?? `parley-${schema}`,
      connectionTimeoutMillis: connectTimeoutMs,
      keepAlive: true,
      ...(statementTimeoutMs > 0 && { query_timeout: statementTimeoutMs + silenceMs }),
    },
    pool: {
      min: 0,
      max,
      afterCreate: prepareSession(schema, statementTimeoutMs),
      acquireTimeoutMillis: options.poolWaitMs ?? 5_000,
      validate: (connection: { readonly __knexUid: string }) => !stuck.delete(connection.__knexUid),
    },
    // knex would otherwise write the values of parameters into the message of an error.
    compileSqlOnError: false,
    log: {
      debug: (message: unknown) => log.debug({}, String(message)),
      deprecate: (method: string, alternative: string) => log.warn({ method, alternative }, 'knex: deprecated'),
      warn: (message: unknown) => log.warn({ schema }, firstLine(message)),
      error: (message: unknown) => log.error({ schema }, firstLine(message)),
    },
  });
  readBeforeTimeouts(knex);
  knex.on('query-error', (error: Error, { __knexUid }: { readonly __knexUid: string }) => {
    if (error.message.endsWith(readTimeout)) stuck.add(__knexUid);
  });
  return knex;
};

const targetOf = ({ url, tls }: ConnectOptions): DatabaseTarget => {
  const mistake = databaseUrlMistake(url);
  if (mistake !== null) throw new Error(`DATABASE_URL ${mistake}`);
  return databaseTarget(url, tls);
};

/** knex gives its pool no type. */
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

/** By a statement and not by start-up options, which PgBouncer refuses; the pool hands out no connection before it succeeded. */
const prepareSession =
  (schema: string, statementTimeoutMs: number) =>
  (connection: RawConnection, done: (error: Error | null, connection: RawConnection) => void): void => {
    const settings = {
      search_path: schema,
      statement_timeout: statementTimeoutMs,
      idle_in_transaction_session_timeout: statementTimeoutMs > 0 ? idleInTransactionMs : 0,
    };
    const calls = Object.keys(settings).map((name, index) => `set_config('${name}', $${index + 1}, false)`);
    connection.query(`select ${calls.join(', ')}`, Object.values(settings).map(String), (error) => {
      // The pool never sees this connection, so nothing else would close it.
      if (error) connection.end().catch(() => undefined);
      done(error, connection);
    });
  };
