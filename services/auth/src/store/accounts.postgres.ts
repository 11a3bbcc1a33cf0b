import { type Account, AccountId, type AccountReference, Fault, type Realm } from '@parley/contracts';
import { type Database, query, transact } from '@parley/postgres';
import type { Knex } from 'knex';
import { foldEmail, foldUsername } from '../domain/account.js';
import type { PasswordAlgorithm, StoredPassword } from '../passwords/hasher.js';
import type { Accounts, NewAccount } from './accounts.js';

export interface AccountRow {
  id: string;
  realm: string;
  number: number;
  kind: 'person' | 'device';
  username: string | null;
  email: string | null;
  handle: string | null;
  name: string;
  public_key: string | null;
  created_at: Date;
  deleted_at: Date | null;
}

interface PasswordRow {
  algorithm: PasswordAlgorithm;
  hash: string;
}

export const accountFromRow = (row: AccountRow): Account => ({
  id: AccountId.parse(row.id),
  number: row.number,
  realm: row.realm,
  kind: row.kind,
  username: row.username,
  email: row.email,
  handle: row.handle ?? row.id,
  name: row.name,
  publicKey: row.public_key,
  createdAt: row.created_at.toISOString(),
});

const usernameTaken = (): Fault => new Fault('conflict', 'username_taken', 'That user name is taken');

const byConstraint = {
  accounts_username_unique: usernameTaken,
  accounts_email_unique: () => new Fault('conflict', 'email_taken', 'That e-mail address is taken'),
  accounts_handle_unique: () => new Fault('conflict', 'handle_taken', 'That handle is taken'),
};

export const postgresAccounts = (database: Database): Accounts => ({
  register: (account) => transact(database, 'accounts.register', (tx) => insertAccount(tx, account), byConstraint),
  rename: (realm, id, name) =>
    transact(database, 'accounts.rename', async (tx) => {
      // The realm's counter is the lock under which names are looked at; nothing is counted.
      await tx('realms').where({ name: realm }).forUpdate().first('name');
      await refuseUsernameOfAnother(tx, { realm, name });
      const [row] = await tx<AccountRow>('accounts').where({ realm, id, deleted_at: null }).update({ name }, '*');
      return row ? accountFromRow(row) : null;
    }),
  find: (realm, reference) =>
    query(database, 'accounts.find', async (knex) => {
      const row = await knex<AccountRow>('accounts')
        .where({ realm, deleted_at: null, ...columnsOf(reference) })
        .first();
      return row ? accountFromRow(row) : null;
    }),
  lookup: (realm, ids) =>
    query(database, 'accounts.lookup', async (knex) => {
      const rows = await knex<AccountRow>('accounts')
        .where({ realm, deleted_at: null })
        .whereIn('id', [...ids]);
      return rows.map(accountFromRow).map(({ id, number, handle, name }) => ({ id, number, handle, name }));
    }),
  contacts: (realm, ids) =>
    query(database, 'accounts.contacts', async (knex) => {
      const rows = await knex<AccountRow>('accounts')
        .where({ realm, deleted_at: null })
        .whereIn('id', [...ids]);
      return rows.map(accountFromRow).map(({ id, number, email }) => ({ id, number, email }));
    }),
  search: (realm, { contains, after, limit }) =>
    query(database, 'accounts.search', async (knex) => {
      // strpos rather than like: what somebody types holds no wildcards.
      const rows = await knex<AccountRow>('accounts')
        .where({ realm, deleted_at: null })
        .where('number', '>', after)
        .whereRaw('strpos(username_folded, ?) > 0', [foldUsername(contains)])
        .orderBy('number')
        .limit(limit);
      return rows.map(accountFromRow);
    }),
  candidates: (realm, login, by) =>
    query(database, 'accounts.candidates', async (knex) => {
      const rows = await knex('accounts')
        .join('credentials', 'credentials.account_id', 'accounts.id')
        .where({ realm, deleted_at: null })
        .where((where) => {
          if (by !== 'email') void where.orWhere('username_folded', foldUsername(login));
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

const passwordFromRow = ({ algorithm, hash }: PasswordRow): StoredPassword => ({ algorithm, hash });

const columnsOf = (reference: AccountReference): Record<string, string | number> => {
  if ('username' in reference) return { username_folded: foldUsername(reference.username) };
  if ('email' in reference) return { email: foldEmail(reference.email) };
  // Handles are uuids, kept in lower case.
  if ('handle' in reference) return { handle: reference.handle.toLowerCase() };
  return reference;
};

const insertAccount = async (tx: Knex.Transaction, account: NewAccount): Promise<Account> => {
  const number = await nextNumber(tx, account.realm);
  if (account.kind === 'device') await refuseUsernameOfAnother(tx, account);
  const [row] = await tx<AccountRow>('accounts')
    .insert({
      id: account.id,
      realm: account.realm,
      number,
      kind: account.kind,
      username: account.username,
      email: account.email === null ? null : foldEmail(account.email),
      handle: account.handle,
      name: account.name,
      public_key: account.publicKey,
      created_at: account.createdAt,
      ...(account.username !== null && { username_folded: foldUsername(account.username) }),
    })
    .returning('*');
  if (!row) throw new Error('The insert gave back no row');
  if (account.password) {
    await tx('credentials').insert({ account_id: account.id, ...account.password, changed_at: account.createdAt });
  }
  return accountFromRow(row);
};

/** Locks the realm's counter until the end of the transaction, so what it counts is registered one after the other. */
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

/** In a realm that people share with devices a device must not pass for one of them. The counter's lock keeps races out. */
const refuseUsernameOfAnother = async (
  tx: Knex.Transaction,
  { realm, name }: Pick<NewAccount, 'realm' | 'name'>,
): Promise<void> => {
  const taken = await tx<AccountRow & { username_folded: string }>('accounts')
    .where({ realm, username_folded: foldUsername(name) })
    .first('id');
  if (taken) throw usernameTaken();
};
