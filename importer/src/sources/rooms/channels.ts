import { ShortNumber } from '@parley/contracts';
import { partReader, type PartReader, type RowOutput } from '../part-reader.js';
import type { SqliteStore } from '../sqlite-store.js';
import { textOf, textOrEmpty, type StoredText } from '../stored-text.js';
import { columnIn, countRows } from '../table-store.js';
import { parseTime } from '../times.js';

interface RoomRow {
  readonly id: number;
  readonly name: StoredText;
  readonly created_at: StoredText;
  /** No room before it has this name. */
  readonly first: number;
}

const titleUnitsMax = 255;
const slugUnitsMax = 100;

/** Rooms; the first of a name gets it as slug. */
export const roomsOf = async (store: SqliteStore): Promise<PartReader> => {
  const room = columnIn(await store.columnsOf('chat_rooms'), 'c');
  store.run(`
    create table if not exists import_slugs (name text primary key, id integer) without rowid;
    insert or ignore into import_slugs select cast(name as text), id from chat_rooms where name <> '' order by id;
  `);
  return partReader<RoomRow>({
    part: 'channels',
    table: 'chat_rooms',
    count: await countRows(store, 'chat_rooms'),
    batches: () =>
      store.batches(`
        select c.id, ${store.textOf('c.name', titleUnitsMax)} as name, ${room('created_at')} as created_at,
               exists (select 1 from import_slugs s where s.name = c.name and s.id = c.id) as first
          from chat_rooms c order by c.id`),
    keyOf: ({ id }) => String(id),
    convert: addRoom,
  });
};

const addRoom = (row: RoomRow, { add, note }: RowOutput): void => {
  const number = ShortNumber.safeParse(row.id);
  if (!number.success) return note('refused', 1, 'The id is not between 1 and 2,147,483,647');
  const title = textOrEmpty(row.name, { name: 'The name', max: titleUnitsMax }, note);
  if (title === undefined) return;
  const hasSlug = row.first === 1 && title !== '' && title.length <= slugUnitsMax && title === textOf(row.name);
  add({
    type: 'channel',
    sourceId: String(row.id),
    number: number.data,
    kind: 'room',
    slug: hasSlug ? title : null,
    title,
    metadata: {},
    metadataText: null,
    createdBy: null,
    createdAt: parseTime(textOf(row.created_at)),
    pair: null,
  });
};
