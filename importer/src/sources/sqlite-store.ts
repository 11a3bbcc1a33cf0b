import { constants } from 'node:fs';
import { copyFile, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sqlite, { type Database } from 'node-sqlite3-wasm';
import { SourceError } from '../records.js';
import { textOf } from './stored-text.js';
import { pageRowsDefault, type TableStore } from './table-store.js';
import { parseTime } from './times.js';

export interface SqliteStore extends TableStore {
  /** Runs statements on the copy: tables of the importer beside those of the source. */
  run(statements: string, ...values: readonly (string | number | null)[]): void;
  /** The `id` of the first row of a query; null: there is none. */
  idOf(query: string, ...values: readonly number[]): number | null;
  /** A function of one value for SQL. */
  define(name: string, convert: (value: string) => string): void;
}

/**
 * A copy of an SQLite database in a folder of its own, which goes with it; the source is only copied. What an old server left in a journal or a
 * write-ahead log is applied to the copy. Rows come from the file, never all at once.
 */
export const openSqlite = async (file: string, pageRowsMax = pageRowsDefault): Promise<SqliteStore> => {
  const folder = await mkdtemp(join(tmpdir(), 'parley-import-'));
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    const database = openCopy(await copyTo(folder, file), file);
    return createStore(database, pageRowsMax, remove);
  } catch (error) {
    await remove();
    throw error;
  }
};

const copyTo = async (folder: string, file: string): Promise<string> => {
  const copy = join(folder, 'source.db');
  const found = await stat(file).catch(() => null);
  if (!found?.isFile()) throw new SourceError(`There is no file ${file}`);
  await copyFile(file, copy, constants.COPYFILE_FICLONE);
  for (const suffix of ['-journal', '-wal']) {
    await copyFile(file + suffix, copy + suffix, constants.COPYFILE_FICLONE).catch(ignoreMissing);
  }
  return copy;
};

const ignoreMissing = (error: NodeJS.ErrnoException): void => {
  if (error.code !== 'ENOENT') throw error;
};

const openCopy = (copy: string, file: string): Database => {
  const database = new sqlite.Database(copy, { fileMustExist: true });
  try {
    // Exclusive, because this build has no memory shared between processes, which a write-ahead log needs otherwise.
    database.exec('pragma locking_mode = exclusive');
    database.get('pragma journal_mode = delete');
    database.exec('pragma journal_mode = off; pragma synchronous = off; pragma cache_size = -16000');
    database.get('select count(*) from sqlite_schema');
  } catch {
    database.close();
    throw new SourceError(`${file} is not a whole SQLite database`);
  }
  database.function('time_key', (time) => parseTime(textOf(time ?? null)) ?? '', { deterministic: true });
  return database;
};

const createStore = (database: Database, pageRowsMax: number, remove: () => Promise<void>): SqliteStore => ({
  columnsOf: async (table) =>
    new Set(
      (database.all(`select name from pragma_table_info(?)`, [table]) as { name: string }[]).map(({ name }) => name),
    ),
  first: async <Row>(query: string) => (database.get(query) ?? undefined) as Row | undefined,
  batches: (query) => readBatches(database, query, pageRowsMax),
  // With a byte before it, because this build returns null for an empty blob.
  textOf: (column, max) => (column === 'null' ? column : `substr(cast('.' || ${column} as blob), 1, ${3 * max + 5})`),
  timeOf: (column) => (column === 'null' ? column : `time_key(${column})`),
  inOrder: async (table, time) => {
    database.exec(`
      create table if not exists import_order (time text, id integer, primary key (time, id)) without rowid;
      delete from import_order;
      insert or ignore into import_order select time_key(${time}), id from ${table};
    `);
    const from = `import_order o cross join ${table} m on m.id = o.id`;
    return { from, time: 'o.time', order: 'o.time, o.id' };
  },
  run: (statements, ...values) => {
    if (values.length === 0) database.exec(statements);
    else database.run(statements, [...values]);
  },
  idOf: (query, ...values) => (database.get(query, [...values]) as { id: number } | null)?.id ?? null,
  define: (name, convert) => {
    database.function(name, (value) => convert(textOf(value ?? null) ?? ''), { deterministic: true });
  },
  [Symbol.asyncDispose]: async () => {
    database.close();
    await remove();
  },
});

async function* readBatches<Row>(
  database: Database,
  query: string,
  pageRowsMax: number,
): AsyncGenerator<readonly Row[]> {
  const statement = database.prepare(query);
  try {
    let rows: Row[] = [];
    for (const row of statement.iterate()) {
      rows.push(row as Row);
      if (rows.length < pageRowsMax) continue;
      yield rows;
      rows = [];
    }
    if (rows.length > 0) yield rows;
  } finally {
    statement.finalize();
  }
}
