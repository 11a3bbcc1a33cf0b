import { AccountId, SessionId } from '@parley/contracts';
import type { Knex } from 'knex';
import { type EndReason, judgeRefresh } from '../domain/refresh.js';
import { type AccountRow, accountFromRow } from './account-row.postgres.js';
import type { GrantTimes, Rotation, Sessions } from './sessions.js';

type Shown = Parameters<Sessions['rotate']>[0];

interface TokenRow {
  session_id: string;
  account_id: string;
  status: 'active' | 'rotated';
  rotated_at: Date | null;
  expires_at: Date;
  ended_why: EndReason | null;
  successor_status: 'active' | 'rotated' | null;
  successor_expires_at: Date | null;
}

/**
 * When several requests present the same token, exactly one passes the conditional update. The others wait for its row and then read the
 * result in a separate statement. Each statement commits by itself; none depends on another.
 */
export const rotateRefreshToken = async (knex: Knex, shown: Shown): Promise<Rotation> => {
  const rotated = await moveOn(knex, shown);
  if (rotated) return rotated;
  const token = await readToken(knex, shown);
  if (!token) return { verdict: 'invalid' };
  const verdict = judgeRefresh(
    {
      status: token.status,
      rotatedAt: token.rotated_at?.getTime() ?? null,
      expiresAt: token.expires_at.getTime(),
      successorUnused: token.successor_status === 'active',
      sessionEndedWhy: token.ended_why,
    },
    shown.times.now,
  );
  if (verdict === 'revoke_family') return endFamily(knex, token, shown.times.now);
  if (verdict === 'repeat') return repeat(knex, token, shown.times);
  // A valid token that was not rotated: the session ended in between.
  return { verdict: verdict === 'rotate' ? 'ended' : verdict };
};

/**
 * Used tokens are kept to detect reuse. This many cover ten days of a client that refreshes every 15 minutes; a token older than that is
 * unknown, and refused as such.
 */
const rotatedMax = 1_000;

/**
 * Updates the token, its successor and the session in one statement. The session's row serializes this with a request that ends the
 * session: when that commits first, `carried` is empty, no successor is made, and no token is returned.
 */
const moveOn = async (knex: Knex, { hash, successorHash, realm, dialect, times }: Shown): Promise<Rotation | null> => {
  const { rows } = await knex.raw<{ rows: (AccountRow & { session_id: string })[] }>(
    `with rotated as (
       update refresh_tokens t set status = 'rotated', rotated_at = :now, successor = :successorHash
       from sessions s
       where t.hash = :hash and t.status = 'active' and t.expires_at > :now
         and s.id = t.session_id and s.realm = :realm and s.dialect = :dialect and s.ended_at is null
       returning t.session_id
     ), carried as (
       update sessions s set refreshed_at = :now, expires_at = :refreshExpiresAt,
         access_expires_at = greatest(s.access_expires_at, :accessExpiresAt)
       from rotated where s.id = rotated.session_id and s.ended_at is null
       returning s.id, s.account_id
     ), successor as (
       insert into refresh_tokens (hash, session_id, parent, status, created_at, expires_at)
       select :successorHash, id, :hash, 'active', :now, :refreshExpiresAt from carried
     ), forgotten as (
       delete from refresh_tokens where hash in (
         select t.hash from carried join refresh_tokens t on t.session_id = carried.id
         order by t.created_at desc offset :rotatedMax limit 10)
     )
     select a.*, carried.id as session_id
     from carried join accounts a on a.id = carried.account_id where a.deleted_at is null`,
    {
      hash,
      successorHash,
      rotatedMax,
      realm,
      dialect,
      now: new Date(times.now),
      accessExpiresAt: new Date(times.accessExpiresAt),
      refreshExpiresAt: new Date(times.refreshExpiresAt),
    },
  );
  const row = rows[0];
  return row ? carriedOn('rotate', row, row.session_id, times.refreshExpiresAt) : null;
};

const readToken = async (knex: Knex, { hash, realm, dialect }: Shown): Promise<TokenRow | undefined> => {
  const { rows } = await knex.raw<{ rows: TokenRow[] }>(
    `select t.session_id, s.account_id, t.status, t.rotated_at, t.expires_at, s.ended_why,
            n.status as successor_status, n.expires_at as successor_expires_at
     from refresh_tokens t join sessions s on s.id = t.session_id left join refresh_tokens n on n.hash = t.successor
     where t.hash = :hash and s.realm = :realm and s.dialect = :dialect`,
    { hash, realm, dialect },
  );
  return rows[0];
};

/** A retry after a lost response: the successor exists already, only the access token is new. */
const repeat = async (
  knex: Knex,
  token: TokenRow,
  { now, accessExpiresAt, ...times }: GrantTimes,
): Promise<Rotation> => {
  const { rows } = await knex.raw<{ rows: AccountRow[] }>(
    `with carried as (
       update sessions set refreshed_at = :now, access_expires_at = greatest(access_expires_at, :accessExpiresAt)
       where id = :session and ended_at is null
       returning account_id
     )
     select a.* from carried join accounts a on a.id = carried.account_id where a.deleted_at is null`,
    { now: new Date(now), accessExpiresAt: new Date(accessExpiresAt), session: token.session_id },
  );
  const expiresAt = token.successor_expires_at?.getTime() ?? times.refreshExpiresAt;
  return rows[0] ? carriedOn('repeat', rows[0], token.session_id, expiresAt) : { verdict: 'ended' };
};

const carriedOn = (
  verdict: 'rotate' | 'repeat',
  account: AccountRow,
  sessionId: string,
  refreshExpiresAt: number,
): Rotation => ({
  verdict,
  account: accountFromRow(account),
  sessionId: SessionId.parse(sessionId),
  refreshExpiresAt,
});

const endFamily = async (knex: Knex, token: TokenRow, now: number): Promise<Rotation> => {
  const ended = await knex('sessions')
    .where({ id: token.session_id, ended_at: null })
    .update({ ended_at: new Date(now), ended_why: 'refresh_reused' });
  if (ended === 0) return { verdict: 'reused' };
  return {
    verdict: 'revoke_family',
    accountId: AccountId.parse(token.account_id),
    sessionId: SessionId.parse(token.session_id),
  };
};
