import pg from 'pg';
import { SourceError } from '../records.js';
import { pageRowsDefault, type TableStore } from './table-store.js';

export interface PostgresStoreOptions {
  readonly url: string;
  /** The zone of times without one. Default: the database's own. */
  readonly timeZone?: string | undefined;
  readonly pageRowsMax?: number | undefined;
}

/** `zone`: that of times without one. */
export interface PostgresStore extends TableStore {
  readonly zone: string;
}

const connectMs = 10_000;
/** Sorting a large table takes its time. */
const queryMs = 30 * 60_000;

/** One transaction that only reads, and sees the database as it was when it began. */
export const openPostgres = async ({ url, timeZone, pageRowsMax }: PostgresStoreOptions): Promise<PostgresStore> => {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: connectMs, query_timeout: queryMs });
  // A connection that breaks between two queries says so with the next one.
  client.on('error', () => {});
  try {
    await client.connect();
    await client.query('begin transaction isolation level repeatable read read only');
    const zone = await chosenZone(client, timeZone);
    return { zone, ...createStore(client, zone, pageRowsMax ?? pageRowsDefault) };
  } catch (error) {
    await client.end().catch(() => {});
    throw error instanceof SourceError ? error : new SourceError(`The database cannot be read: ${String(error)}`);
  }
};

const chosenZone = async (client: pg.Client, timeZone: string | undefined): Promise<string> => {
  if (timeZone === undefined) {
    const { rows } = await client.query<{ zone: string }>(`select current_setting('TimeZone') as zone`);
    return rows[0]?.zone ?? 'UTC';
  }
  const { rowCount } = await client.query('select 1 from pg_timezone_names where lower(name) = lower($1)', [timeZone]);
  if (rowCount === 0) throw new SourceError(`The database does not know the time zone ${timeZone}`);
  return timeZone;
};

const createStore = (client: pg.Client, zone: string, pageRowsMax: number): TableStore => {
  let cursors = 0;
  return {
    columnsOf: async (table) => {
      const { rows } = await client.query<{ name: string }>(
        `select attname as name from pg_attribute
           where attrelid = to_regclass(quote_ident($1)) and attnum > 0 and not attisdropped`,
        [table],
      );
      return new Set(rows.map(({ name }) => name));
    },
    first: async <Row>(query: string) => (await client.query(query)).rows[0] as Row | undefined,
    batches: (query) => readBatches(client, `import_${(cursors += 1)}`, query, pageRowsMax),
    textOf: (column, max) => (column === 'null' ? column : `left(${column}::text, ${max + 1})`),
    timeOf: (column) => (column === 'null' ? column : utcText(column, zone)),
    inOrder: async (table, time) => ({
      from: `${table} m`,
      time: utcText(`m.${time}`, zone),
      order: `${moment(`m.${time}`, zone)} nulls first, m.id`,
    }),
    [Symbol.asyncDispose]: async () => {
      await client.end();
    },
  };
};

/** For columns with and without a zone. */
const moment = (column: string, zone: string): string =>
  `(case when pg_typeof(${column}) = 'timestamp'::regtype
    then ${column}::timestamp at time zone ${quoted(zone)} else ${column}::timestamptz end)`;

const utcText = (column: string, zone: string): string =>
  `to_char(${moment(column, zone)} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;

async function* readBatches<Row>(
  client: pg.Client,
  cursor: string,
  query: string,
  pageRowsMax: number,
): AsyncGenerator<readonly Row[]> {
  await client.query(`declare ${cursor} no scroll cursor for ${query}`);
  try {
    for (;;) {
      const { rows } = await client.query(`fetch forward ${pageRowsMax} from ${cursor}`);
      if (rows.length > 0) yield rows as Row[];
      if (rows.length < pageRowsMax) return;
    }
  } finally {
    // After an error the transaction is over, and the cursor with it.
    await client.query(`close ${cursor}`).catch(() => {});
  }
}
