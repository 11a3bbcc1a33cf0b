import { Fault, type Realm, foldName } from '@parley/contracts';
import { type Database, transact } from '@parley/postgres';
import type { Knex } from 'knex';
import { foldUsernameBefore } from '../domain/account.js';

export const usernameTaken = (): Fault => new Fault('conflict', 'username_taken', 'That user name is taken');

interface Names {
  readonly realm: Realm;
  readonly username: string | null;
  readonly name: string;
  /** The account that has these names; null for a new one. */
  readonly id: string | null;
}

/** The columns that hold names in the forms used for comparison. */
export const nameColumns = (username: string | null, name: string) => ({
  username_key: username === null ? null : foldName(username),
  username_folded: username === null ? null : foldUsernameBefore(username),
  name_key: foldName(name),
});

/**
 * Refuses a display name that is the user name of another account, and the user name of a deleted account until it is free again. The
 * caller holds the lock of the realm's counter, so that concurrent requests are checked one after the other.
 */
export const refuseNamesOfOthers = async (
  tx: Knex.Transaction,
  { realm, username, name, id }: Names,
  now: Date,
): Promise<void> => {
  const { rows } = await tx.raw<{ rows: unknown[] }>(
    `select 1 from accounts where realm = :realm and username_key = any(:keys) and id is distinct from :id::uuid
     union all
     select 1 from accounts where realm = :realm and name_key = :usernameKey and id is distinct from :id::uuid
     union all
     select 1 from retired_names where realm = :realm and name_key = any(:keys) and until > :now
     limit 1`,
    {
      realm,
      id,
      now,
      usernameKey: username === null ? null : foldName(username),
      keys: [...new Set([username ?? name, name].map(foldName))],
    },
  );
  if (rows.length > 0) throw usernameTaken();
};

/** The first of several display names that is not another account's user name; the last one is always free. */
export const freeDisplayName = async (
  tx: Knex.Transaction,
  realm: Realm,
  wanted: readonly string[],
  now: Date,
): Promise<string> => {
  for (const name of wanted.slice(0, -1)) {
    const isFree = await refuseNamesOfOthers(tx, { realm, username: null, name, id: null }, now).then(
      () => true,
      (error: unknown) => {
        if (error instanceof Fault) return false;
        throw error;
      },
    );
    if (isFree) return name;
  }
  return wanted.at(-1) ?? '';
};

export const retireName = async (tx: Knex.Transaction, realm: Realm, username: string, until: Date): Promise<void> => {
  await tx.raw(
    `insert into retired_names (realm, name_key, until) values (:realm, :key, :until)
     on conflict (realm, name_key) do update set until = excluded.until`,
    { realm, key: foldName(username), until },
  );
};

interface UnkeyedRow {
  id: string;
  realm: string;
  number: number;
  username: string | null;
  name: string;
}

/**
 * Fills in the keys of accounts that an older release wrote, page by page from the oldest account of a realm to the newest. When the
 * current folding makes two user names equal, the older account gets the key, however far apart the two are. The other has no key; it
 * still signs in, and is found, by its name as it is written.
 */
export const fillNameKeys = async (database: Database, pageSize = 1_000): Promise<number> => {
  let filled = 0;
  for (let after: Place | null = { realm: '', number: 0 }; after !== null;) {
    const from: Place = after;
    const rows = await transact(database, 'accounts.fillNameKeys', (tx) => fillPage(tx, from, pageSize));
    filled += rows.length;
    after = rows.at(-1) ?? null;
  }
  return filled;
};

type Place = Pick<UnkeyedRow, 'realm' | 'number'>;

const fillPage = async (tx: Knex.Transaction, after: Place, pageSize: number): Promise<UnkeyedRow[]> => {
  // Registrations take these locks too, so that none of them takes a key between the check and the write.
  await tx('realms').orderBy('name').forUpdate().select('name');
  const rows = await tx<UnkeyedRow>('accounts')
    .whereNull('deleted_at')
    .whereNull('name_key')
    .whereRaw('(realm, number) > (?, ?)', [after.realm, after.number])
    .orderBy(['realm', 'number'])
    .limit(pageSize)
    .select('id', 'realm', 'number', 'username', 'name');
  if (rows.length === 0) return rows;
  await tx.raw(
    `with given as (
       select * from unnest(:ids::uuid[], :usernameKeys::text[], :nameKeys::text[]) as g (id, username_key, name_key)
     ), ranked as (
       select g.*, a.realm, row_number() over (partition by a.realm, g.username_key order by a.number) as place
       from given g join accounts a on a.id = g.id
     )
     update accounts a set name_key = r.name_key,
       username_key = case when r.place = 1 and not exists (
         select 1 from accounts o where o.realm = r.realm and o.username_key = r.username_key
       ) then r.username_key end
     from ranked r where a.id = r.id`,
    {
      ids: rows.map(({ id }) => id),
      usernameKeys: rows.map(({ username }) => (username === null ? null : foldName(username))),
      nameKeys: rows.map(({ name }) => foldName(name)),
    },
  );
  return rows;
};
