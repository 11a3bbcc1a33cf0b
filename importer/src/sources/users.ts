import { equalNames } from './equal-names.js';
import { partReader, type PartReader } from './part-reader.js';
import { addPerson, emailKey, usernameKey, type PersonRow } from './person.js';
import type { StoredText } from './stored-text.js';
import { columnIn, countRows, type TableStore } from './table-store.js';

/** The columns of a table of users; left out where the source has no such thing. */
interface UserColumns {
  readonly username?: string;
  readonly email?: string;
  readonly firstName?: string;
  readonly lastName?: string;
  readonly publicKey?: string;
  readonly hash: string;
  readonly active?: string;
  readonly createdAt?: string;
}

type UserRow = Omit<PersonRow, 'active' | 'sessions'> & { readonly active: boolean | number | null };

/** Longer than every name that can be stored, and than what is trimmed around an address. */
const nameUnitsMax = 600;
const keyUnitsMax = 16_384;

/** The users of a table, without sessions. `also`: further findings about a row. */
export const usersOf = async (
  store: TableStore,
  table: string,
  names: UserColumns,
  also?: { readonly columns: string; convert(row: UserRow & Record<string, unknown>): string | null },
): Promise<PartReader> => {
  const query = await userQuery(store, table, names, also?.columns);
  const [usernames, emails] = [
    await equalNames(() => keysOf(store, query, ({ id, username }) => usernameKey(String(id), username))),
    await equalNames(() => keysOf(store, query, ({ id, email }) => emailKey(String(id), email))),
  ];
  return partReader<UserRow & Record<string, unknown>>({
    part: 'accounts',
    table: bare(table),
    count: await countRows(store, table),
    batches: () => store.batches(query),
    keyOf: ({ id }) => String(id),
    convert: (row, output) => {
      const person = { ...row, active: row.active !== false && row.active !== 0, sessions: [] };
      addPerson(person, { usernames, emails }, output);
      const further = also?.convert(row) ?? null;
      if (further !== null) output.note('reported', 1, further);
    },
  });
};

const bare = (table: string): string => table.replaceAll('"', '');

const userQuery = async (store: TableStore, table: string, names: UserColumns, further = ''): Promise<string> => {
  const user = columnIn(await store.columnsOf(bare(table)), 'u');
  const optional = (name: string | undefined): string => (name === undefined ? 'null' : user(name));
  const text = (name: string | undefined, max = nameUnitsMax): string => store.textOf(optional(name), max);
  return `
    select u.id, ${text(names.username)} as username, ${text(names.email)} as email,
           ${text(names.firstName)} as "firstName", ${text(names.lastName)} as "lastName",
           ${text(names.publicKey, keyUnitsMax)} as "publicKey", ${text(names.hash)} as hash,
           ${optional(names.active)} as active, ${store.timeOf(optional(names.createdAt))} as "createdAt"${further}
      from ${table} u order by u.id`;
};

async function* keysOf(
  store: TableStore,
  query: string,
  keyOf: (row: { id: number; username: StoredText; email: StoredText }) => { row: string; key: string | null },
) {
  for await (const rows of store.batches<{ id: number; username: StoredText; email: StoredText }>(query)) {
    yield rows.map(keyOf);
  }
}
