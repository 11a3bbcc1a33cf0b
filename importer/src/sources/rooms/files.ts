import { opendir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { SourceError } from '../../records.js';
import { partReader, type PartReader } from '../part-reader.js';
import type { SqliteStore } from '../sqlite-store.js';
import { textOf, type StoredText } from '../stored-text.js';
import { columnIn, countRows } from '../table-store.js';
import { fileLimits } from './file-text.js';
import { messageClientId } from './messages.js';

interface NamedFile {
  readonly id: number;
  readonly room_id: number;
  readonly file_url: StoredText;
  readonly mime_type: StoredText;
  readonly path: string | null;
  readonly name: string | null;
  readonly bytes: number | null;
}

interface UnnamedFile {
  readonly path: string;
}

const folders = ['images', 'videos', 'audio', 'documents'] as const;

/** The files that messages name, and findings about messages without a file and files without a message. */
export const fileReaders = async (store: SqliteStore, folder: string | undefined): Promise<PartReader[]> => {
  const columns = await store.columnsOf('messages');
  if (folder === undefined || !columns.has('file_url')) return [];
  await listFiles(store, folder);
  const type = columnIn(columns, 'm')('mime_type');
  return [await namedFiles(store, store.textOf(type, fileLimits.mime_type)), await unnamedFiles(store)];
};

const listFiles = async (store: SqliteStore, folder: string): Promise<void> => {
  if (!(await stat(folder).catch(() => null))?.isDirectory()) throw new SourceError(`There is no folder ${folder}`);
  store.run('create table import_files (name text primary key, path text, bytes integer) without rowid');
  for (const place of folders) {
    const files = await opendir(join(folder, place)).catch(() => null);
    if (files === null) continue;
    for await (const file of files) {
      const path = join(folder, place, file.name);
      if (!file.isFile()) continue;
      const { size } = await stat(path);
      store.run('insert or ignore into import_files values (?, ?, ?)', file.name, path, size);
    }
  }
  store.define('base_name', fileNameIn);
  store.run(`
    create table import_named (id integer primary key, name text);
    insert into import_named select id, base_name(file_url) from messages where file_url is not null and file_url <> '';
    create index import_names on import_named (name);
  `);
};

/** The name of the file in an address: `/api/files/a.png?size=2` is `a.png`. */
const fileNameIn = (url: string): string => {
  const path = url.split(/[?#]/, 1)[0] ?? '';
  try {
    return basename(decodeURIComponent(path));
  } catch {
    return basename(path);
  }
};

const namedFiles = async (store: SqliteStore, type: string): Promise<PartReader> =>
  partReader<NamedFile>({
    part: 'files',
    table: 'messages',
    count: await countRows(store, 'import_named'),
    batches: () =>
      store.batches(`
        select n.id, m.room_id, ${store.textOf('m.file_url', fileLimits.file_url)} as file_url, ${type} as mime_type,
               f.path, f.name, f.bytes
          from import_named n join messages m on m.id = n.id
          join chat_rooms r on r.id = m.room_id join users u on u.id = m.sender_id
          left join import_files f on f.name = n.name
          order by n.id`),
    keyOf: ({ id }) => String(id),
    convert: (row, { add, note }) => {
      const { path, name, bytes } = row;
      if (path === null || name === null || bytes === null) {
        return note('reported', 8, 'The file that it names is not in the folder');
      }
      add({
        type: 'file',
        path,
        url: textOf(row.file_url) ?? '',
        name,
        mediaType: textOf(row.mime_type),
        bytes,
        message: messageClientId(row.id),
        channel: String(row.room_id),
      });
    },
  });

const unnamedFiles = async (store: SqliteStore): Promise<PartReader> => {
  const where = 'where not exists (select 1 from import_named n where n.name = f.name)';
  const counted = await store.first<{ n: number }>(`select count(*) as n from import_files f ${where}`);
  return partReader<UnnamedFile>({
    part: 'files',
    table: 'files',
    count: Number(counted?.n ?? 0),
    batches: () => store.batches(`select f.path from import_files f ${where} order by f.name`),
    keyOf: ({ path }) => path,
    convert: (_row, { note }) => note('left_out', 8, 'No message names this file'),
  });
};
