import { partReader, type PartReader } from '../part-reader.js';
import type { SqliteStore } from '../sqlite-store.js';
import { countRows } from '../table-store.js';
import { messageClientId } from './messages.js';

interface PositionRow {
  readonly user_id: number;
  readonly room_id: number;
  /** Behind it are as many messages as the account has not read. */
  readonly last: number | null;
  /** The newest message that the account has read or sent. */
  readonly newest: number | null;
}

interface CountRow {
  readonly user_id: number;
  readonly room_id: number;
  /** Messages that the account has read or sent. */
  readonly count: number;
}

/**
 * Read positions from `message_reads`. The old server kept one row for each message that was read, so there may be unread ones between them; a
 * position that leaves as many unread as the old server counted is what the reader sees. Needs `inOrder` of the messages.
 */
export const readReaders = async (store: SqliteStore): Promise<PartReader[]> => {
  if ((await store.columnsOf('message_reads')).size === 0) return [];
  prepare(store);
  return [
    partReader<PositionRow>({
      part: 'reads',
      table: 'message_reads',
      count: await countRows(store, 'import_positions'),
      batches: () => readPositions(store),
      keyOf: ({ user_id, room_id }) => `user ${user_id} in room ${room_id}`,
      convert: ({ user_id, room_id, last, newest }, { add, note }) => {
        if (last === null) return;
        if (last !== newest)
          note('mended', 4, 'Unread messages lie between read ones: as many stay unread, the newest');
        const [account, channel] = [String(user_id), String(room_id)];
        add({ type: 'read', account, channel, message: messageClientId(last) });
      },
    }),
  ];
};

// Tables with a primary key and no rowid are filled as the rows come. What sorts or groups would hold all of them in memory.
const prepare = (store: SqliteStore): void =>
  store.run(`
    create table import_by_room (room_id integer, time text, id integer, sender_id integer, primary key (room_id, time, id))
      without rowid;
    insert into import_by_room
      select m.room_id, o.time, m.id, m.sender_id
        from import_order o cross join messages m on m.id = o.id
        join chat_rooms r on r.id = m.room_id join users u on u.id = m.sender_id;

    create table import_reads (user_id integer, room_id integer, time text, id integer, primary key (user_id, room_id, time, id))
      without rowid;
    insert or ignore into import_reads
      select x.user_id, m.room_id, time_key(m.timestamp), m.id
        from message_reads x cross join messages m on m.id = x.message_id
        join chat_rooms r on r.id = m.room_id join users s on s.id = m.sender_id
        join users u on u.id = x.user_id
        where m.sender_id <> x.user_id;

    create table import_positions (user_id integer, room_id integer, count integer, primary key (user_id, room_id)) without rowid;
    insert or ignore into import_reads select sender_id, room_id, time, id from import_by_room;
    insert into import_positions select user_id, room_id, count(*) from import_reads group by user_id, room_id;
  `);

async function* readPositions(store: SqliteStore): AsyncGenerator<PositionRow[]> {
  const counts = 'select user_id, room_id, count from import_positions order by user_id, room_id';
  for await (const rows of store.batches<CountRow>(counts)) {
    yield rows.map(({ user_id, room_id, count }) => ({
      user_id,
      room_id,
      last: store.idOf(nth, room_id, count - 1),
      newest: store.idOf(newestRead, user_id, room_id),
    }));
  }
}

const nth = 'select id from import_by_room where room_id = ? order by time, id limit 1 offset ?';
const newestRead = `
  select id from import_reads where user_id = ? and room_id = ? order by time desc, id desc limit 1`;
