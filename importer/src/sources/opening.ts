import { createHash } from 'node:crypto';
import type { Source, SourceName } from '../records.js';
import { SourceError } from '../records.js';
import { createSource, type PartReader } from './part-reader.js';
import { openPostgres } from './store.postgres.js';
import type { TableStore } from './table-store.js';

/** Tables and columns without which a database is not that of a source. */
export type NeededTables = Readonly<Record<string, readonly string[]>>;

const checkTables = async (store: TableStore, source: SourceName, needed: NeededTables): Promise<void> => {
  for (const [table, columns] of Object.entries(needed)) {
    const found = await store.columnsOf(table);
    const missing = columns.find((column) => !found.has(column));
    if (missing !== undefined)
      throw new SourceError(`This is not a database of ${source}: it has no ${table}.${missing}`);
  }
};

/** `first`: a query for what tells one store of this source from another. */
const fingerprintOf = async (store: TableStore, source: SourceName, first: string): Promise<string> =>
  digestOf(source, (await store.first(first)) ?? null);

export const digestOf = (source: SourceName, identity: unknown): string =>
  createHash('sha256')
    .update(JSON.stringify([source, identity]))
    .digest('hex');

interface Opening {
  readonly name: SourceName;
  readonly needed: NeededTables;
  readonly first: string;
  readers(): Promise<readonly PartReader[]>;
}

/** A source over a store, which it closes; also when opening fails. */
export const openTables = async (store: TableStore, { name, needed, first, readers }: Opening): Promise<Source> => {
  try {
    await checkTables(store, name, needed);
    const fingerprint = await fingerprintOf(store, name, first);
    return createSource({ name, fingerprint, readers: await readers(), close: () => store[Symbol.asyncDispose]() });
  } catch (error) {
    await store[Symbol.asyncDispose]();
    throw error;
  }
};

export const isPostgresUrl = (location: string): boolean => /^postgres(?:ql)?:\/\//.test(location);

/** A database whose URL may be SQLAlchemy's: `postgresql+psycopg2://…`. */
export const openPostgresAt = (location: string, options: { timeZone?: string | undefined; pageRowsMax?: number }) => {
  const url = location.replace(/^postgres(?:ql)?(?:\+\w+)?:/, 'postgres:');
  if (!isPostgresUrl(url)) throw new SourceError('Expected the address of a PostgreSQL database: postgres://…');
  return openPostgres({ url, ...options });
};
