import type { Source, SourceOptions } from '../../records.js';
import { openTables } from '../opening.js';
import { openSqlite } from '../sqlite-store.js';
import { accountsOf } from './accounts.js';
import { roomsOf } from './channels.js';
import { fileReaders } from './files.js';
import { messageReader } from './messages.js';
import { reactionReaders } from './reactions.js';
import { readReaders } from './reads.js';

/** The SQLite file of the rooms chat backend. Tables of later versions (reactions, reads) may be missing. */
export const openRooms = async ({ location, files, now, pageRowsMax }: SourceOptions): Promise<Source> => {
  const store = await openSqlite(location, pageRowsMax);
  return openTables(store, {
    name: 'rooms',
    needed: {
      users: ['id', 'username', 'hashed_password'],
      chat_rooms: ['id', 'name'],
      messages: ['id', 'content', 'timestamp', 'room_id', 'sender_id'],
    },
    first: 'select id, username from users order by id limit 1',
    readers: async () => [
      await accountsOf(store, now),
      await roomsOf(store),
      await messageReader(store),
      ...(await reactionReaders(store)),
      ...(await readReaders(store)),
      ...(await fileReaders(store, files)),
    ],
  });
};
