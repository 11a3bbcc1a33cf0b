import { type AccountId, type AccountPrincipal, type AuthSession, DialectName, SessionId } from '@parley/contracts';
import { type Database, query, transact } from '@parley/postgres';
import type { Knex } from 'knex';
import { deletedAccountName } from '../domain/account.js';
import type { EndReason } from '../domain/refresh.js';
import { type AccountRow, accountFromRow } from './account-row.postgres.js';
import { retireName } from './names.postgres.js';
import { rotateRefreshToken } from './refresh-tokens.postgres.js';
import type { StoredPassword } from '../passwords/hasher.js';
import type { NewSession, Sessions, Speaker } from './sessions.js';

interface SessionRow {
  id: string;
  account_id: AccountId;
  dialect: string;
  created_at: Date;
  refreshed_at: Date;
  expires_at: Date;
  ended_at: Date | null;
}

const sessionFromRow = (row: SessionRow): AuthSession => ({
  id: SessionId.parse(row.id),
  accountId: row.account_id,
  dialect: DialectName.parse(row.dialect),
  createdAt: row.created_at.toISOString(),
  refreshedAt: row.refreshed_at.toISOString(),
  expiresAt: row.expires_at.toISOString(),
});

const listMax = 100;

export const postgresSessions = (database: Database): Sessions => ({
  open: (session) => transact(database, 'sessions.open', (tx) => openSession(tx, session)),
  speaker: (principal) => query(database, 'sessions.speaker', (knex) => speaker(knex, principal)),
  lives: (sessionId) =>
    query(database, 'sessions.lives', async (knex) => {
      return (await knex('sessions').where({ id: sessionId, ended_at: null }).first('id')) !== undefined;
    }),
  list: (accountId, now) =>
    query(database, 'sessions.list', async (knex) => {
      const rows = await knex<SessionRow>('sessions')
        .where({ account_id: accountId, ended_at: null })
        .where('expires_at', '>', new Date(now))
        .orderBy([
          { column: 'created_at', order: 'desc' },
          { column: 'id', order: 'desc' },
        ])
        .limit(listMax);
      return rows.map(sessionFromRow);
    }),
  end: (accountId, sessionId, why, now) =>
    transact(database, 'sessions.end', async (tx) => {
      const ended = await endSessions(tx, { account_id: accountId, id: sessionId }, why, now);
      if (ended.length > 0) return true;
      const known = await tx<SessionRow>('sessions').where('account_id', accountId).where('id', sessionId).first('id');
      return known ? false : null;
    }),
  endOthers: (principal, why, now) =>
    query(database, 'sessions.endOthers', (knex) => endOtherSessions(knex, principal, why, now)),
  rotate: (token) => query(database, 'sessions.rotate', (knex) => rotateRefreshToken(knex, token)),
  endedSince: (since, now, limit) =>
    query(database, 'sessions.endedSince', async (knex) => {
      const rows = await knex<SessionRow & { ended_at: Date }>('sessions')
        .where('ended_at', '>=', since)
        .where('access_expires_at', '>', new Date(now))
        .orderBy('ended_at')
        .limit(limit);
      return rows.map((row) => ({ sessionId: SessionId.parse(row.id), endedAt: row.ended_at }));
    }),
  changePassword: ({ principal, current, next, now }) =>
    transact(database, 'sessions.changePassword', async (tx) => {
      const changed = await tx('credentials')
        .where({ account_id: principal.accountId, hash: current.hash })
        .update({ ...next, changed_at: new Date(now) });
      return changed === 0 ? null : endOtherSessions(tx, principal, 'password_changed', now);
    }),
  bury: (accountId, now, nameFreeAt) =>
    transact(database, 'sessions.bury', (tx) => buryAccount(tx, accountId, now, nameFreeAt)),
});

/**
 * Locks the account (and the password that was proved) until the session exists: a concurrent password change or deletion either sees
 * this session and ends it, or this transaction sees the change and opens nothing.
 */
const openSession = async (tx: Knex.Transaction, session: NewSession): Promise<SessionId[] | null> => {
  const { accountId, provedBy, now } = session;
  const at = new Date(now);
  // Locks the account before its password, in the same order as a deletion.
  const account = await tx<AccountRow>('accounts')
    .where({ id: accountId, realm: session.realm, deleted_at: null })
    .forShare()
    .first('id');
  if (!account || (provedBy && !(await stillProves(tx, session, provedBy)))) return null;
  await tx('sessions').insert({
    id: session.id,
    realm: session.realm,
    account_id: accountId,
    dialect: session.dialect,
    created_at: at,
    refreshed_at: at,
    expires_at: new Date(session.refreshExpiresAt),
    access_expires_at: new Date(session.accessExpiresAt),
  });
  if (session.refreshHash) {
    await tx('refresh_tokens').insert({
      hash: session.refreshHash,
      session_id: session.id,
      status: 'active',
      created_at: at,
      expires_at: new Date(session.refreshExpiresAt),
    });
  }
  return endOldest(tx, session);
};

const endedAtOnce = 100;

/**
 * Two sessions that open concurrently do not see each other, so the limit may be exceeded until the next one opens. Rows that another
 * transaction has locked are skipped: waiting for them could deadlock.
 */
const endOldest = async (tx: Knex.Transaction, { id, accountId, liveMax, now }: NewSession): Promise<SessionId[]> => {
  const { rows } = await tx.raw<{ rows: { id: string }[] }>(
    `update sessions set ended_at = :now, ended_why = 'revoked'
     where id in (
       select id from sessions
       where ended_at is null and id in (
         select id from sessions where account_id = :accountId and ended_at is null and id <> :id
         order by created_at desc offset :others limit :endedAtOnce
       )
       for update skip locked
     )
     returning id`,
    { id, accountId, others: liveMax - 1, endedAtOnce, now: new Date(now) },
  );
  return rows.map((row) => SessionId.parse(row.id));
};

const stillProves = async (
  tx: Knex.Transaction,
  { accountId, rehashed, now }: NewSession,
  provedBy: StoredPassword,
): Promise<boolean> => {
  const proof = tx('credentials').where({ account_id: accountId, hash: provedBy.hash });
  if (rehashed) return (await proof.update({ ...rehashed, changed_at: new Date(now) })) > 0;
  return (await proof.forShare().first('account_id')) !== undefined;
};

const speaker = async (knex: Knex, { accountId, sessionId, realm }: AccountPrincipal): Promise<Speaker | null> => {
  const row = await knex('accounts')
    .where({ 'accounts.id': accountId, 'accounts.realm': realm, deleted_at: null })
    .leftJoin('sessions', (join) =>
      join.on('sessions.account_id', 'accounts.id').andOnVal('sessions.id', sessionId).andOnNull('sessions.ended_at'),
    )
    .first<(AccountRow & { session_lives: boolean }) | undefined>(
      'accounts.*',
      knex.raw('sessions.id is not null as session_lives'),
    );
  return row ? { account: accountFromRow(row), sessionLives: row.session_lives } : null;
};

const endSessions = async (
  knex: Knex,
  which: { account_id: AccountId; id?: SessionId },
  why: EndReason,
  now: number,
  except?: SessionId,
): Promise<SessionId[]> => {
  const rows = await knex<{ id: string; account_id: string; ended_at: Date | null; ended_why: string | null }>(
    'sessions',
  )
    .where({ ...which, ended_at: null })
    .modify((builder) => {
      if (except !== undefined) void builder.whereNot({ id: except });
    })
    .update({ ended_at: new Date(now), ended_why: why })
    .returning('id');
  return rows.map(({ id }) => SessionId.parse(id));
};

const endOtherSessions = (
  knex: Knex,
  { accountId, sessionId }: AccountPrincipal,
  why: EndReason,
  now: number,
): Promise<SessionId[]> => endSessions(knex, { account_id: accountId }, why, now, sessionId);

const buryAccount = async (
  tx: Knex.Transaction,
  accountId: AccountId,
  now: number,
  nameFreeAt: number,
): Promise<SessionId[] | null> => {
  const account = await tx<AccountRow>('accounts').where({ id: accountId, deleted_at: null }).forUpdate().first();
  if (account?.username) await retireName(tx, account.realm, account.username, new Date(nameFreeAt));
  const buried = await tx('accounts')
    .where({ id: accountId, deleted_at: null })
    .update({
      username: null,
      username_folded: null,
      username_key: null,
      name_key: null,
      email: null,
      handle: null,
      first_name: null,
      last_name: null,
      claimed_handle: null,
      public_key: null,
      name: deletedAccountName,
      deleted_at: new Date(now),
    });
  if (buried === 0) return null;
  await tx('credentials').where({ account_id: accountId }).delete();
  return endSessions(tx, { account_id: accountId }, 'account_deleted', now);
};
