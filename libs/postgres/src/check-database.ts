import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { databaseUrlMistake } from './database-url.js';
import { faultFromSql } from './faults.js';

export interface DatabaseProblem {
  /** `unreachable` may pass by waiting; `wrong` needs the operator. */
  readonly kind: 'unreachable' | 'wrong';
  /** One sentence that begins with DATABASE_URL and holds no secret. */
  readonly sentence: string;
}

const wrong = (what: string): DatabaseProblem => ({ kind: 'wrong', sentence: `DATABASE_URL: ${what}` });

/**
 * Why Parley cannot use this database for these schemas, or null. One attempt of at most `withinMs` (default 1500) for each of
 * its two connections. Changes nothing in the database.
 */
export const checkDatabase = async (
  url: string,
  schemas: readonly string[],
  withinMs = 1_500,
): Promise<DatabaseProblem | null> => {
  const mistake = databaseUrlMistake(url);
  if (mistake !== null) return { kind: 'wrong', sentence: `DATABASE_URL ${mistake}` };
  const client = clientFor(url, withinMs);
  try {
    await client.connect();
    return (await foreignContent(client, schemas)) ?? (await sharedSessions(client, url, withinMs));
  } catch (error) {
    return problemOf(error, new URL(url));
  } finally {
    await end(client);
  }
};

const clientFor = (connectionString: string, withinMs: number): pg.Client => {
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: withinMs, query_timeout: withinMs });
  // The same error rejects what is under way; without a listener it would end the process.
  client.on('error', () => undefined);
  return client;
};

// What never connected has nothing to close, and a peer that does not speak PostgreSQL would never confirm the end.
const end = async (client: pg.Client): Promise<void> => {
  const { stream } = (client as unknown as { connection: { stream: { destroy(): void } } }).connection;
  stream.destroy();
};

const problemOf = (error: unknown, { hostname, port, pathname, username }: URL): DatabaseProblem => {
  const { code = '', message } = error as { code?: string; message: string };
  const place = `${hostname}:${port || 5432}`;
  const database = pathname.slice(1) || username;
  if (code === '28P01' || code === '28000' || /SASL|password/i.test(message))
    return wrong(`PostgreSQL at ${place} refused the user or the password`);
  if (code === '3D000') return wrong(`PostgreSQL at ${place} has no database ${database}`);
  if (code === '42501') return wrong(`the user has no permission to read the database ${database} at ${place}`);
  const fault = faultFromSql(error);
  if (fault.code === 'unavailable' && !/unexpectedly/.test(message))
    return { kind: 'unreachable', sentence: `DATABASE_URL: no PostgreSQL answers at ${place}` };
  return /^[0-9A-Z]{5}$/.test(code)
    ? wrong(`PostgreSQL at ${place} refused the connection (${code})`)
    : wrong(`what answers at ${place} is not PostgreSQL`);
};

const foreignContent = async (client: pg.Client, schemas: readonly string[]): Promise<DatabaseProblem | null> => {
  const foreign = await client.query<{ schemaname: string }>(
    `select distinct schemaname from pg_tables where schemaname = any($1) and not exists (
       select 1 from pg_attribute where attrelid = to_regclass(quote_ident(schemaname) || '.migrations') and attname = 'applied_at')`,
    [schemas],
  );
  const [first] = foreign.rows;
  if (first)
    return wrong(
      `the schema ${first.schemaname} of this database holds tables of another program; give Parley a database of its own`,
    );
  const { rows } = await client.query<{ missing: boolean; may: boolean }>(
    `select (select count(*) from pg_namespace where nspname = any($1)) < $2 as missing,
            has_database_privilege(current_database(), 'create') as may`,
    [schemas, schemas.length],
  );
  return rows[0]?.missing && !rows[0].may
    ? wrong('the user has no permission to create schemas in this database')
    : null;
};

/** A setting of one session that another one sees: a pooler gives our sessions' connections away between transactions. */
const sharedSessions = async (client: pg.Client, url: string, withinMs: number): Promise<DatabaseProblem | null> => {
  const mark = randomBytes(8).toString('hex');
  await client.query(`select set_config('parley.session', $1, false)`, [mark]);
  const other = clientFor(url, withinMs);
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
