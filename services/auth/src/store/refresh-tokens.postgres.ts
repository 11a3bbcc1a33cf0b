import { AccountId, SessionId } from '@parley/contracts';
import type { Knex } from 'knex';
import { type EndReason, judgeRefresh } from '../domain/refresh.js';
import { type AccountRow, accountFromRow } from './accounts.postgres.js';
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
 * Of those who show one token at once exactly one gets past the conditional update; the others wait for its row and then read, in a
 * statement of their own, what it left behind.
 */
export const rotateRefreshToken = async (tx: Knex.Transaction, shown: Shown): Promise<Rotation> => {
  if (await markRotated(tx, shown)) return followUp(tx, shown);
  const token = await readToken(tx, shown);
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
  if (verdict === 'revoke_family') return endFamily(tx, token, shown.times.now);
  // A token that was good just now did not rotate: only a session that ended in between explains it.
  if (verdict === 'rotate') return { verdict: 'ended' };
  if (verdict !== 'repeat') return { verdict };
  const expiresAt = token.successor_expires_at?.getTime() ?? shown.times.refreshExpiresAt;
  return carryOn(tx, token, 'repeat', { ...shown.times, refreshExpiresAt: expiresAt });
};

const markRotated = async (tx: Knex.Transaction, shown: Shown): Promise<boolean> => {
  const { rowCount } = await tx.raw<{ rowCount: number }>(
    `update refresh_tokens t set status = 'rotated', rotated_at = :now, successor = :successor
     from sessions s
     where t.hash = :hash and t.status = 'active' and t.expires_at > :now
       and s.id = t.session_id and s.realm = :realm and s.dialect = :dialect and s.ended_at is null`,
    {
      now: new Date(shown.times.now),
      successor: shown.successorHash,
      hash: shown.hash,
      realm: shown.realm,
      dialect: shown.dialect,
    },
  );
  return rowCount > 0;
};

const readToken = async (tx: Knex.Transaction, { hash, realm, dialect }: Shown): Promise<TokenRow | undefined> => {
  const { rows } = await tx.raw<{ rows: TokenRow[] }>(
    `select t.session_id, s.account_id, t.status, t.rotated_at, t.expires_at, s.ended_why,
            n.status as successor_status, n.expires_at as successor_expires_at
     from refresh_tokens t join sessions s on s.id = t.session_id left join refresh_tokens n on n.hash = t.successor
     where t.hash = :hash and s.realm = :realm and s.dialect = :dialect`,
    { hash, realm, dialect },
  );
  return rows[0];
};

const followUp = async (tx: Knex.Transaction, shown: Shown): Promise<Rotation> => {
  const token = await readToken(tx, shown);
  if (!token) return { verdict: 'invalid' };
  const { now, refreshExpiresAt } = shown.times;
  await tx('refresh_tokens').insert({
    hash: shown.successorHash,
    session_id: token.session_id,
    parent: shown.hash,
    status: 'active',
    created_at: new Date(now),
    expires_at: new Date(refreshExpiresAt),
  });
  return carryOn(tx, token, 'rotate', shown.times);
};

/** The session lives as long as its newest tokens. Its row is the meeting point with whoever ends it: one of the two comes second and sees it. */
const carryOn = async (
  tx: Knex.Transaction,
  token: TokenRow,
  verdict: 'rotate' | 'repeat',
  { now, accessExpiresAt, refreshExpiresAt }: GrantTimes,
): Promise<Rotation> => {
  const carried = await tx('sessions')
    .where({ id: token.session_id, ended_at: null })
    .update({
      refreshed_at: new Date(now),
      expires_at: new Date(refreshExpiresAt),
      access_expires_at: tx.raw('greatest(access_expires_at, ?::timestamptz)', [new Date(accessExpiresAt)]),
    });
  const account = await tx<AccountRow>('accounts').where({ id: token.account_id, deleted_at: null }).first();
  if (carried === 0 || !account) return { verdict: 'ended' };
  return { verdict, account: accountFromRow(account), sessionId: SessionId.parse(token.session_id), refreshExpiresAt };
};

const endFamily = async (tx: Knex.Transaction, token: TokenRow, now: number): Promise<Rotation> => {
  const ended = await tx('sessions')
    .where({ id: token.session_id, ended_at: null })
    .update({ ended_at: new Date(now), ended_why: 'refresh_reused' });
  if (ended === 0) return { verdict: 'reused' };
  return {
    verdict: 'revoke_family',
    accountId: AccountId.parse(token.account_id),
    sessionId: SessionId.parse(token.session_id),
  };
};
