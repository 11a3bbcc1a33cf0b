import type { AccountId } from '@parley/contracts';
import { type Account, type AccountReference, Fault, type Realm, foldEmail, foldName } from '@parley/contracts';
import { type Database, query, realmImporting, transact } from '@parley/postgres';
import type { Knex } from 'knex';
import { foldUsernameBefore } from '../domain/account.js';
import type { PasswordAlgorithm, StoredPassword } from '../passwords/hasher.js';
import { type AccountRow, accountFromRow } from './account-row.postgres.js';
import type { Accounts, NewAccount } from './accounts.js';
import { behindHandle, claimImported, handleColumns, handleTaken } from './handles.postgres.js';
import { freeDisplayName, nameColumns, refuseNamesOfOthers, usernameTaken } from './names.postgres.js';

interface PasswordRow {
  algorithm: PasswordAlgorithm;
  hash: string;
}

const byConstraint = {
  accounts_username_unique: usernameTaken,
  accounts_username_key_unique: usernameTaken,
  accounts_email_unique: () => new Fault('conflict', 'email_taken', 'That e-mail address is taken'),
  accounts_handle_unique: handleTaken,
};

export const postgresAccounts = (database: Database): Accounts => ({
  register: (account, devicesMax) =>
    transact(database, 'accounts.register', (tx) => insertAccount(tx, account, devicesMax), byConstraint),
  rename: (realm, id, name, now) =>
    transact(database, 'accounts.rename', async (tx) => {
      // The lock of the realm's counter serializes checks of names; no number is taken.
      await tx('realms').where({ name: realm }).forUpdate().first('name');
      const known = await tx<AccountRow>('accounts').where({ realm, id, deleted_at: null }).first();
      if (!known) return null;
      if (known.name !== name) await refuseNamesOfOthers(tx, { realm, username: null, name, id }, now);
      const [row] = await tx<AccountRow & { name_key: string }>('accounts')
        .where({ id, deleted_at: null })
        .update({ name, name_key: foldName(name) }, '*');
      return row ? accountFromRow(row) : null;
    }),
  find: (realm, reference) =>
    query(database, 'accounts.find', async (knex) => {
      const [row] =
        'username' in reference
          ? await named(knex, realm, reference.username)
          : await knex<AccountRow>('accounts')
              .where({ realm, deleted_at: null, ...columnsOf(reference) })
              .limit(1);
      return row ? accountFromRow(row) : null;
    }),
  findByHandle: (realm, handle, now) =>
    query(database, 'accounts.findByHandle', async (knex) => {
      const row = await behindHandle(knex, realm, handle, now);
      return row ? accountFromRow(row) : null;
    }),
  lookup: (realm, ids) =>
    query(database, 'accounts.lookup', async (knex) => {
      const rows = await knex<AccountRow>('accounts')
        .where({ realm, deleted_at: null })
        .whereIn('id', [...ids]);
      return rows.map(accountFromRow).map(({ id, number, handle, username, name, firstName, lastName }) => ({
        id,
        number,
        handle,
        username,
        name,
        firstName,
        lastName,
      }));
    }),
  named: (realm, usernames) =>
    query(database, 'accounts.named', async (knex) => {
      const rows = await knex<AccountRow>('accounts')
        .where({ realm, deleted_at: null })
        .whereIn('username_key', [...new Set(usernames.map(foldName))]);
      return rows.map(accountFromRow).flatMap(({ id, username }) => (username === null ? [] : [{ id, username }]));
    }),
  deleted: (realm, ids) =>
    query(database, 'accounts.deleted', async (knex) => {
      const rows = await knex<AccountRow>('accounts')
        .where({ realm })
        .whereNotNull('deleted_at')
        .whereIn('id', [...ids])
        .select('id');
      return rows.map(({ id }) => id as AccountId);
    }),
  contacts: (realm, ids) =>
    query(database, 'accounts.contacts', async (knex) => {
      const rows = await knex<AccountRow>('accounts')
        .where({ realm, deleted_at: null })
        .whereIn('id', [...ids]);
      return rows.map(accountFromRow).map(({ id, number, email }) => ({ id, number, email }));
    }),
  search: (realm, { contains, by, ...page }) =>
    query(database, 'accounts.search', async (knex) => {
      const { rows } = await knex.raw<{ rows: AccountRow[] }>(searchSql[by], {
        realm,
        pattern: `%${foldName(contains).replace(/[\\%_]/g, '\\$&')}%`,
        ...page,
      });
      return rows.map(accountFromRow);
    }),
  candidates: (realm, login, by) =>
    query(database, 'accounts.candidates', async (knex) => {
      const rows = await knex('accounts')
        .join('credentials', 'credentials.account_id', 'accounts.id')
        .where({ realm, deleted_at: null })
        .where((where) => {
          if (by !== 'email') void where.orWhere((it) => void isNamed(it, login));
          if (by !== 'username') void where.orWhere('email', foldEmail(login));
        })
        .select<(AccountRow & PasswordRow)[]>('accounts.*', 'credentials.algorithm', 'credentials.hash');
      return rows.map((row) => ({ account: accountFromRow(row), password: passwordFromRow(row) }));
    }),
  passwordOf: (accountId) =>
    query(database, 'accounts.passwordOf', async (knex) => {
      const row = await knex<PasswordRow & { account_id: string }>('credentials')
        .where('account_id', accountId)
        .first();
      return row ? passwordFromRow(row) : null;
    }),
});

// `like` for the index of trigrams; the search text has no wildcards. A row as JSON is longer than its account, which has fewer columns.
const searchOf = (condition: string): string => `
  with found as (
    select * from accounts
      where realm = :realm and deleted_at is null and number > :after
        and (${condition})
      order by number limit :limit
  ),
  measured as (
    select f.*, row_number() over w as place,
           sum(64 + octet_length(row_to_json(f)::text)) over w as total
      from found f window w as (order by f.number)
  )
  select * from measured where place = 1 or total <= :bytesMax order by number`;

const usernameFits = 'coalesce(username_key, username_folded) like :pattern';
const searchSql = {
  username: searchOf(usernameFits),
  names: searchOf(`${usernameFits} or name_key like :pattern`),
} as const;

const passwordFromRow = ({ algorithm, hash }: PasswordRow): StoredPassword => ({ algorithm, hash });

const columnsOf = (
  reference: Exclude<AccountReference, { username: string } | { handle: string }>,
): Record<string, string | number> => ('email' in reference ? { email: foldEmail(reference.email) } : reference);

interface ImportRow {
  readonly realm: string;
  readonly finished_at: Date | null;
}

const insertAccount = async (tx: Knex.Transaction, account: NewAccount, devicesMax: number): Promise<Account> => {
  const number = await nextNumber(tx, account.realm);
  // Under the lock of the counter, which an import takes to begin: it finds this account, or this transaction finds the import.
  const importing = await tx<ImportRow>('imports').where({ realm: account.realm, finished_at: null }).first('realm');
  if (importing) throw realmImporting();
  const imported = await claimImported(tx, account);
  if (imported !== null) return imported;
  const { realm, username, createdAt } = account;
  const name = await freeDisplayName(tx, realm, account.names, createdAt);
  await refuseNamesOfOthers(tx, { realm, username, name, id: null }, createdAt);
  const [row] = await tx<AccountRow>('accounts')
    .insert({
      id: account.id,
      realm: account.realm,
      number,
      kind: account.kind,
      username: account.username,
      email: account.email === null ? null : foldEmail(account.email),
      ...(await handleColumns(tx, account, devicesMax)),
      name,
      first_name: account.firstName,
      last_name: account.lastName,
      public_key: account.publicKey,
      created_at: account.createdAt,
      ...nameColumns(username, name),
    })
    .returning('*');
  if (!row) throw new Error('The insert gave back no row');
  if (account.password) {
    await tx('credentials').insert({ account_id: account.id, ...account.password, changed_at: account.createdAt });
  }
  return accountFromRow(row);
};

/** Takes the next number. Locks the realm's counter until the end of the transaction, so that registrations in a realm are serialized. */
const nextNumber = async (tx: Knex.Transaction, realm: Realm): Promise<number> => {
  const { rows } = await tx.raw<{ rows: { last_number: number }[] }>(
    `insert into realms (name, last_number) values (?, 1)
     on conflict (name) do update set last_number = realms.last_number + 1
     returning last_number`,
    [realm],
  );
  if (!rows[0]) throw new Error('The realm has no counter');
  return rows[0].last_number;
};

/** Matches by key. An account without a key (an older account has it, or an older release wrote the row) matches by the earlier form. */
const isNamed = (where: Knex.QueryBuilder, username: string): void => {
  void where
    .where('username_key', foldName(username))
    .orWhere((before) => void before.whereNull('username_key').where('username_folded', foldUsernameBefore(username)));
};

/** At most two accounts, first the one whose name is written exactly like this. */
const named = (knex: Knex, realm: Realm, username: string): Promise<AccountRow[]> =>
  knex<AccountRow>('accounts')
    .where({ realm, deleted_at: null })
    .where((where) => void isNamed(where, username))
    .orderByRaw('username_folded = ? desc', [foldUsernameBefore(username)]);
