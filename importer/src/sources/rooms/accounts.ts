import { createHash } from 'node:crypto';
import type { SessionRecord } from '../../records.js';
import { equalNames } from '../equal-names.js';
import { partReader, type PartReader } from '../part-reader.js';
import { addPerson, usernameKey } from '../person.js';
import type { SqliteStore } from '../sqlite-store.js';
import { textOf, type StoredText } from '../stored-text.js';
import { columnIn, countRows } from '../table-store.js';
import { parseTime } from '../times.js';

interface UserRow {
  readonly id: number;
  readonly username: StoredText;
  readonly hash: StoredText;
  readonly refresh_token: StoredText;
  readonly refresh_token_expires: StoredText;
  readonly created_at: StoredText;
}

const nameUnitsMax = 254;
const refreshTokenMax = 512;

/** Users with their password hashes, and with a session each for a refresh token that has not ended by `now`. */
export const accountsOf = async (store: SqliteStore, now: Date): Promise<PartReader> => {
  const user = columnIn(await store.columnsOf('users'), 'u');
  const query = `
    select u.id, ${store.textOf('u.username', nameUnitsMax)} as username,
           ${store.textOf('u.hashed_password', 512)} as hash,
           ${store.textOf(user('refresh_token'), refreshTokenMax)} as refresh_token,
           ${user('refresh_token_expires')} as refresh_token_expires, ${user('created_at')} as created_at
      from users u order by u.id`;
  const equal = await equalNames(() => usernamesOf(store, query));
  return partReader<UserRow>({
    part: 'accounts',
    table: 'users',
    count: await countRows(store, 'users'),
    batches: () => store.batches(query),
    keyOf: ({ id }) => String(id),
    convert: (row, output) => {
      const none = { email: null, firstName: null, lastName: null, publicKey: null, active: true };
      const person = { ...row, ...none, createdAt: row.created_at, sessions: sessionsOf(row, now) };
      addPerson(person, { usernames: equal, emails: new Map() }, output);
    },
  });
};

async function* usernamesOf(store: SqliteStore, query: string) {
  for await (const rows of store.batches<UserRow>(query)) {
    yield rows.map(({ id, username }) => usernameKey(String(id), username));
  }
}

const sessionsOf = (row: UserRow, now: Date): SessionRecord[] => {
  const token = textOf(row.refresh_token) ?? '';
  const expiresAt = parseTime(textOf(row.refresh_token_expires));
  if (token === '' || token.length > refreshTokenMax || expiresAt === null || expiresAt <= now.toISOString()) return [];
  return [{ tokenHash: createHash('sha256').update(token).digest('base64url'), expiresAt }];
};
