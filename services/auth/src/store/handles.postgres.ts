import { type Account, Fault, foldName, type Realm } from '@parley/contracts';
import type { Knex } from 'knex';
import { type AccountRow, accountFromRow } from './account-row.postgres.js';
import type { NewAccount } from './accounts.js';
import { refuseNamesOfOthers } from './names.postgres.js';

export const handleTaken = (): Fault => new Fault('conflict', 'handle_taken', 'That handle is taken');

/** Whether account `a` has a live session. Accounts without one do not count: no valid token of theirs exists. */
const hasLiveSession = `exists (
  select 1 from sessions s where s.account_id = a.id and s.ended_at is null and s.expires_at > :now)`;

interface HandleColumns {
  readonly handle: string | null;
  readonly claimed_handle: string | null;
}

/**
 * The columns for a new account's handle: the unique column, or `claimed_handle` when a device already has the handle. The caller holds
 * the lock of the realm's counter, so that accounts behind one handle are counted one after the other.
 */
export const handleColumns = async (
  tx: Knex.Transaction,
  { realm, handle, sharesHandle, kind, createdAt }: NewAccount,
  devicesMax: number,
): Promise<HandleColumns> => {
  const unique = { handle, claimed_handle: null };
  if (!sharesHandle) return unique;
  const holder = await tx<AccountRow>('accounts').where({ realm, handle, deleted_at: null }).first('kind');
  if (!holder) return unique;
  // A person's handle is its account's id, and no device may share it.
  if (holder.kind !== 'device' || kind !== 'device') throw handleTaken();
  const { rows } = await tx.raw<{ rows: unknown[] }>(
    `select 1 from accounts a
     where a.realm = :realm and a.claimed_handle = :handle and a.deleted_at is null and ${hasLiveSession}
     limit :max`,
    { realm, handle, now: createdAt, max: devicesMax - 1 },
  );
  if (rows.length >= devicesMax - 1) {
    throw new Fault('exhausted', 'too_many_devices', 'As many devices as may be have this handle');
  }
  return { handle: null, claimed_handle: handle };
};

/**
 * The imported device with this handle, which the first registration after the import gets with its subscriptions: the tokens of its old
 * server prove nothing here. Null when there is none, or it has registered since. The caller holds the lock of the realm's counter.
 */
export const claimImported = async (
  tx: Knex.Transaction,
  { realm, kind, handle, names, createdAt }: NewAccount,
): Promise<Account | null> => {
  if (kind !== 'device') return null;
  const waiting = { realm, handle, deleted_at: null, awaits_device: true };
  const found = await tx<AwaitingRow>('accounts').where(waiting).first();
  if (!found) return null;
  const name = names[0] ?? found.name;
  if (name !== found.name) await refuseNamesOfOthers(tx, { realm, username: null, name, id: found.id }, createdAt);
  const [row] = await tx<AwaitingRow>('accounts')
    .where({ id: found.id })
    .update({ awaits_device: false, name, name_key: foldName(name) }, '*');
  return row ? accountFromRow(row) : null;
};

interface AwaitingRow extends AccountRow {
  awaits_device: boolean;
  name_key: string | null;
}

/** The oldest account behind the handle with a live session, or else the newest. */
export const behindHandle = async (
  knex: Knex,
  realm: Realm,
  handle: string,
  now: Date,
): Promise<AccountRow | undefined> => {
  const { rows } = await knex.raw<{ rows: AccountRow[] }>(
    `select a.* from accounts a cross join lateral (select ${hasLiveSession} as lives) l
     where a.realm = :realm and (a.handle = :handle or a.claimed_handle = :handle) and a.deleted_at is null
     order by l.lives desc, case when l.lives then a.number else -a.number end
     limit 1`,
    // Handles are UUIDs, stored in lower case.
    { realm, handle: handle.toLowerCase(), now },
  );
  return rows[0];
};
