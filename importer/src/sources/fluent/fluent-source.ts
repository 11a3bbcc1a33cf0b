import type { Source, SourceOptions } from '../../records.js';
import { isPostgresUrl, openPostgresAt, openTables } from '../opening.js';
import { openSqlite } from '../sqlite-store.js';
import type { TableStore } from '../table-store.js';
import { usersOf } from '../users.js';
import { attachmentsOf } from './attachments.js';
import { messagesOf } from './messages.js';
import { pairsOf, type PairQuery } from './pairs.js';

/** Ciphertexts are long: fewer rows at once. */
const pageRows = 200;

const names = {
  username: 'user_name',
  email: 'email',
  publicKey: 'public_key',
  hash: 'password',
  createdAt: 'created_at',
};

/** The database of the Fluent backend: PostgreSQL, or an SQLite file. */
export const openFluent = async ({ location, timeZone, pageRowsMax = pageRows }: SourceOptions): Promise<Source> => {
  const { store, pairs } = await openStore(location, timeZone, pageRowsMax);
  return openTables(store, {
    name: 'fluent',
    needed: {
      users: ['id', 'user_name', 'email', 'password', 'public_key'],
      messages: [
        'id',
        'sender_id',
        'receiver_id',
        'receiver_encrypted',
        'sender_encrypted',
        'message_type',
        'timestamp',
      ],
    },
    first: 'select id, user_name, email from users order by id limit 1',
    readers: async () => [
      await usersOf(store, 'users', names),
      await pairsOf(store, pairs),
      await messagesOf(store),
      ...(await attachmentsOf(store)),
    ],
  });
};

interface FluentStore {
  readonly store: TableStore;
  readonly pairs: PairQuery;
}

const openStore = async (location: string, timeZone: string | undefined, pageRowsMax: number): Promise<FluentStore> => {
  if (isPostgresUrl(location.replace(/^(postgres(?:ql)?)\+\w+:/, '$1:'))) {
    return {
      store: await openPostgresAt(location, { timeZone, pageRowsMax }),
      pairs: { low: 'least', high: 'greatest' },
    };
  }
  const file = location.replace(/^sqlite(?:\+\w+)?:\/{2,3}/, '');
  const store = await openSqlite(file, pageRowsMax);
  return { store, pairs: { low: 'min', high: 'max', prepare: (statements) => store.run(statements) } };
};
