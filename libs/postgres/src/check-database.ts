import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { databaseHosts } from './database-hosts.js';
import { databaseUrlMistake } from './database-url.js';
import { faultFromSql } from './faults.js';
import { isStandby } from './primary.js';
import { type DatabaseTlsFiles, databaseTarget, tlsProblem } from './tls.js';

/**
 * One sentence that begins with the name of the variable and holds no secret. `unreachable` may be temporary; so may `refused` (the role or
 * its password), where another process creates the roles; `wrong` needs the operator.
 */
export type DatabaseProblem =
  | { readonly kind: 'unreachable' | 'refused'; readonly place: string; readonly sentence: string }
  | { readonly kind: 'wrong'; readonly sentence: string };

export interface DatabaseCheck {
  /** For each of its two connections. Default: 1500. */
  readonly withinMs?: number;
  /** Whether missing schemas will be created with this URL. Default: true; false where another role migrates. */
  readonly creates?: boolean;
  /** The variable that holds the URL. Default: DATABASE_URL. */
  readonly variable?: string;
  /** As in connectDatabase. */
  readonly tls?: DatabaseTlsFiles | undefined;
}

const wrong = (what: string): DatabaseProblem => ({ kind: 'wrong', sentence: what });

/**
 * Why Parley cannot use this database for these schemas, or null. One attempt, at each host until one takes writes. Changes nothing in the
 * database.
 */
export const checkDatabase = async (
  url: string,
  schemas: readonly string[],
  { withinMs = 1_500, creates = true, variable = 'DATABASE_URL', tls }: DatabaseCheck = {},
): Promise<DatabaseProblem | null> => {
  const mistake = databaseUrlMistake(url);
  if (mistake !== null) return wrong(`${variable} ${mistake}`);
  const { urls, writes } = databaseHosts(url);
  const problems: DatabaseProblem[] = [];
  for (const each of urls) {
    const problem = await problemWith(each, schemas, { creates, writes }, () => clientFor(each, tls, withinMs));
    if (problem === null) return null;
    problems.push(problem);
  }
  // A host that is away now may be the one that is right.
  const problem = problems.find(({ kind }) => kind === 'unreachable') ?? problems[0];
  return problem ? { ...problem, sentence: `${variable}: ${problem.sentence}` } : null;
};

interface Needs {
  readonly creates: boolean;
  readonly writes: boolean;
}

const problemWith = async (
  url: string,
  schemas: readonly string[],
  { creates, writes }: Needs,
  connect: () => pg.Client,
): Promise<DatabaseProblem | null> => {
  const client = connect();
  let isPostgres = false;
  try {
    await client.connect();
    isPostgres = true;
    if (writes && (await isStandby(client))) return standbyAt(new URL(url));
    return (
      (await foreignContent(client, schemas)) ??
      (creates ? await missingRight(client, schemas) : null) ??
      (await sharedSessions(client, connect))
    );
  } catch (error) {
    return problemOf(error, new URL(url), isPostgres);
  } finally {
    await end(client);
  }
};

const standbyAt = ({ hostname, port }: URL): DatabaseProblem => {
  const place = `${hostname}:${port || 5432}`;
  return {
    kind: 'unreachable',
    place,
    sentence: `PostgreSQL at ${place} is a standby, and no other host takes writes`,
  };
};

const clientFor = (url: string, tls: DatabaseTlsFiles | undefined, withinMs: number): pg.Client => {
  const target = databaseTarget(url, tls);
  const client = new pg.Client({ ...target, connectionTimeoutMillis: withinMs, query_timeout: withinMs });
  // The same error rejects the pending query; without a listener it would end the process.
  client.on('error', () => undefined);
  return client;
};

// A client that never connected has nothing to close, and a peer that does not speak PostgreSQL would never confirm the end.
const end = async (client: pg.Client): Promise<void> => {
  const { stream } = (client as unknown as { connection: { stream: { destroy(): void } } }).connection;
  stream.destroy();
};

const problemOf = (
  error: unknown,
  { hostname, port, pathname, username }: URL,
  isPostgres: boolean,
): DatabaseProblem => {
  const { code = '', message, routine } = error as { code?: string; message: string; routine?: string };
  const place = `${hostname}:${port || 5432}`;
  const tls = tlsProblem(error);
  if (tls !== null) return wrong(`PostgreSQL at ${place} ${tls}`);
  const database = pathname.slice(1) || username;
  // Caused by pg_hba.conf, not by a missing role where no password is required.
  if (code === '28000' && routine !== 'InitializeSessionUserId')
    return wrong(`PostgreSQL at ${place} refuses connections of this user from here (pg_hba.conf)`);
  if (code === '28P01' || code === '28000' || /SASL|password/i.test(message))
    return { kind: 'refused', place, sentence: `PostgreSQL at ${place} refused the user or the password` };
  if (code === '3D000') return wrong(`PostgreSQL at ${place} has no database ${database}`);
  if (code === '42501') return wrong(`the user has no permission to read the database ${database} at ${place}`);
  const fault = faultFromSql(error);
  // A server that closes a connection before it has answered may be none of PostgreSQL; after that it is one that stops.
  if (fault.code === 'unavailable' && (isPostgres || !/unexpectedly/.test(message)))
    return { kind: 'unreachable', place, sentence: `no PostgreSQL answers at ${place}` };
  return /^[0-9A-Z]{5}$/.test(code)
    ? wrong(`PostgreSQL at ${place} refused the connection (${code})`)
    : wrong(`what answers at ${place} is not PostgreSQL`);
};

const foreignContent = async (client: pg.Client, schemas: readonly string[]): Promise<DatabaseProblem | null> => {
  // Not by to_regclass, which fails when the role may not use the schema yet.
  const foreign = await client.query<{ schemaname: string }>(
    `select distinct schemaname from pg_tables where schemaname = any($1) and not exists (
       select 1 from pg_namespace n join pg_class c on c.relnamespace = n.oid join pg_attribute a on a.attrelid = c.oid
        where n.nspname = schemaname and c.relname = 'migrations' and a.attname = 'applied_at')`,
    [schemas],
  );
  const [first] = foreign.rows;
  return first
    ? wrong(
        `the schema ${first.schemaname} of this database holds tables of another program; give Parley a database of its own`,
      )
    : null;
};

const missingRight = async (client: pg.Client, schemas: readonly string[]): Promise<DatabaseProblem | null> => {
  const { rows } = await client.query<{ missing: boolean; may: boolean }>(
    `select (select count(*) from pg_namespace where nspname = any($1)) < $2 as missing,
            has_database_privilege(current_database(), 'create') as may`,
    [schemas, schemas.length],
  );
  return rows[0]?.missing && !rows[0].may
    ? wrong('the user has no permission to create schemas in this database')
    : null;
};

/**
 * Detects a pooler in transaction mode: it assigns connections to other clients between transactions, so that one session sees a setting of
 * another.
 */
const sharedSessions = async (client: pg.Client, connect: () => pg.Client): Promise<DatabaseProblem | null> => {
  const mark = randomBytes(8).toString('hex');
  await client.query(`select set_config('parley.session', $1, false)`, [mark]);
  const other = connect();
  try {
    await other.connect();
    const { rows } = await other.query<{ seen: string | null }>(
      `select current_setting('parley.session', true) as seen`,
    );
    const { rows: own } = await client.query<{ seen: string | null }>(
      `select current_setting('parley.session', true) as seen`,
    );
    const shared = rows[0]?.seen === mark || own[0]?.seen !== mark;
    return shared
      ? wrong('a pooler in transaction mode is in between; Parley needs session pooling (pool_mode = session)')
      : null;
  } finally {
    await end(other);
  }
};
