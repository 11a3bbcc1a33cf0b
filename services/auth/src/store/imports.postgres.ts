import { Fault, type ImportedAccount, foldEmail } from '@parley/contracts';
import { type Database, importLedger } from '@parley/postgres';
import type { Knex } from 'knex';
import { displayNames } from '../domain/account.js';
import { handleTaken } from './handles.postgres.js';
import type { AccountImports } from './imports.js';
import { nameColumns, usernameTaken } from './names.postgres.js';

const byConstraint = {
  accounts_username_unique: usernameTaken,
  accounts_username_key_unique: usernameTaken,
  accounts_email_unique: () => new Fault('conflict', 'email_taken', 'That e-mail address is taken'),
  accounts_handle_unique: handleTaken,
  accounts_number_unique: () => new Fault('conflict', 'number_taken', 'That number is taken'),
};

export const postgresImports = (database: Database): AccountImports => {
  const ledger = importLedger(database);
  return {
    begin: (wanted) => ledger.begin(wanted, (tx) => isEmpty(tx, wanted.realm)),
    find: ledger.find,
    progress: ledger.progress,
    isImporting: ledger.isImporting,
    addAccounts: (key, accounts, now) =>
      ledger.add(
        key,
        'imports.accounts',
        async (tx, { begunAt }) => {
          const fresh = await numbered(tx, key.realm, accounts);
          if (fresh.length > 0) await insert(tx, key.realm, fresh, { begunAt, now });
          return fresh.length;
        },
        byConstraint,
      ),
    finish: (key) => ledger.finish(key, (tx) => yieldNames(tx, key.realm)),
  };
};

/** Locks the realm's counter, as registrations do. */
const isEmpty = async (tx: Knex.Transaction, realm: string): Promise<boolean> => {
  await tx.raw(
    `insert into realms (name, last_number) values (:realm, 0)
     on conflict (name) do update set last_number = realms.last_number`,
    { realm },
  );
  return (await tx('accounts').where({ realm }).first('id')) === undefined;
};

type Numbered = ImportedAccount & { readonly number: number };

/** Those that are not there yet, with the next numbers where they have none; the counter goes on after the largest. */
const numbered = async (
  tx: Knex.Transaction,
  realm: string,
  accounts: readonly ImportedAccount[],
): Promise<Numbered[]> => {
  const counter = await tx<{ name: string; last_number: number }>('realms').where({ name: realm }).forUpdate().first();
  const ids = accounts.map(({ id }) => id);
  const known = await tx<{ id: string; realm: string }>('accounts').where({ realm }).whereIn('id', ids).select('id');
  const there = new Set<string>(known.map(({ id }) => id));
  const fresh = accounts.filter(({ id }) => !there.has(id));
  let last = Math.max(counter?.last_number ?? 0, ...fresh.map(({ number }) => number ?? 0));
  const all = fresh.map((account) => ({ ...account, number: account.number ?? (last += 1) }));
  await tx('realms').where({ name: realm }).update({ last_number: last });
  return all;
};

const insert = async (
  tx: Knex.Transaction,
  realm: string,
  accounts: readonly Numbered[],
  { begunAt, now }: { readonly begunAt: string; readonly now: Date },
): Promise<void> => {
  await tx.raw(insertAccounts, { rows: JSON.stringify(accounts.map((account) => rowOf(realm, account, begunAt))) });
  const passwords = accounts.flatMap(({ id, password }) => (password ? { account_id: id, ...password } : []));
  if (passwords.length > 0) await tx.raw(insertPasswords, { rows: JSON.stringify(passwords), now });
  const sessions = accounts.flatMap(({ id, sessions: own }) => own.map((each) => ({ ...each, accountId: id })));
  if (sessions.length > 0) await tx.raw(insertSessions, { rows: JSON.stringify(sessions), realm, now });
};

const rowOf = (realm: string, account: Numbered, begunAt: string) => {
  const handle = account.handle ?? account.id;
  const wanted = { ...account, handle, password: undefined };
  const [name = handle] = displayNames(withoutNulls(wanted), handle);
  return {
    id: account.id,
    realm,
    number: account.number,
    kind: account.kind,
    username: account.username,
    email: account.email === null ? null : foldEmail(account.email),
    handle,
    name,
    first_name: account.firstName,
    last_name: account.lastName,
    public_key: account.publicKey,
    created_at: account.createdAt ?? begunAt,
    ...nameColumns(account.username, name),
  };
};

const withoutNulls = ({ kind, username, email, name }: Omit<ImportedAccount, 'password'>) => ({
  kind,
  username: username ?? undefined,
  email: email ?? undefined,
  name: name ?? undefined,
});

const insertAccounts = `
  insert into accounts
    (id, realm, number, kind, username, email, handle, name, first_name, last_name, public_key, created_at,
     username_key, username_folded, name_key, awaits_device)
  select id, realm, number, kind, username, email, handle, name, first_name, last_name, public_key, created_at,
         username_key, username_folded, name_key, kind = 'device'
    from jsonb_populate_recordset(null::accounts, :rows::jsonb)`;

const insertPasswords = `
  insert into credentials (account_id, algorithm, hash, changed_at)
  select account_id, algorithm, hash, :now::timestamptz
    from jsonb_to_recordset(:rows::jsonb) as p (account_id uuid, algorithm text, hash text)`;

// A token that two accounts had in the old server continues neither of their sessions but one.
const insertSessions = `
  with given as (
    select id, "accountId" as account_id, "expiresAt" as expires_at,
           decode(translate("refreshHash", '-_', '+/') || '=', 'base64') as hash
      from jsonb_to_recordset(:rows::jsonb) as s (id uuid, "accountId" uuid, "expiresAt" timestamptz, "refreshHash" text)
  ), opened as (
    insert into sessions (id, realm, account_id, dialect, created_at, refreshed_at, expires_at, access_expires_at)
    select id, :realm, account_id, 'rooms', :now::timestamptz, :now::timestamptz, expires_at, :now::timestamptz from given
  )
  insert into refresh_tokens (hash, session_id, status, created_at, expires_at)
  select hash, id, 'active', :now::timestamptz, expires_at from given on conflict do nothing`;

interface Ambiguous {
  readonly id: string;
  readonly email: string;
  readonly handle: string;
}

/** As sign-up does: an account without a user name is shown by its mailbox, unless that is another account's user name. */
const yieldNames = async (tx: Knex.Transaction, realm: string): Promise<void> => {
  const { rows } = await tx.raw<{ rows: Ambiguous[] }>(
    `select a.id, a.email, a.handle from accounts a
     where a.realm = :realm and a.username is null and a.email is not null and exists (
       select from accounts o where o.realm = :realm and o.username_key = a.name_key)`,
    { realm },
  );
  for (const { id, email, handle } of rows) {
    const [, name = handle] = displayNames({ kind: 'person', email }, handle);
    await tx('accounts')
      .where({ id })
      .update({ name, name_key: nameColumns(null, name).name_key });
  }
};
