import { randomUUID } from 'node:crypto';
import { type Account, type DialectName, type Grant, SessionId } from '@parley/contracts';
import type { AuthDeps } from './deps.js';
import type { StoredPassword } from './passwords/hasher.js';
import type { GrantTimes } from './store/sessions.js';
import { announceEnded } from './announce.js';
import { refreshingDialects } from './config.js';
import { hashOpaque, newRefreshToken } from './tokens/secrets.js';

export interface GrantProof {
  /** What the password was compared with; null when the account was authenticated by other means. */
  readonly provedBy: StoredPassword | null;
  readonly rehashed: StoredPassword | null;
}

/** What opening a session and signing its tokens needs. */
export type GrantDeps = Pick<AuthDeps, 'sessions' | 'keyRing' | 'config' | 'bus' | 'clock'>;

export const grantTimes = ({ config, clock }: Pick<AuthDeps, 'config' | 'clock'>, dialect: DialectName): GrantTimes => {
  const now = clock();
  return {
    now,
    // In whole seconds, as in the token.
    accessExpiresAt: Math.floor(now / 1000) * 1000 + config.accessLifeMs[dialect],
    refreshExpiresAt: now + config.refreshLifeMs[dialect],
  };
};

/** Opens a session and issues its first tokens; null when the account is gone or its password has changed. */
export const openGrant = async (
  deps: GrantDeps,
  account: Account,
  dialect: DialectName,
  proof: GrantProof,
): Promise<Grant | null> => {
  const times = grantTimes(deps, dialect);
  const refreshToken = refreshingDialects.has(dialect) ? newRefreshToken() : null;
  const sessionId = SessionId.parse(randomUUID());
  const ended = await deps.sessions.open({
    id: sessionId,
    realm: account.realm,
    accountId: account.id,
    dialect,
    refreshHash: refreshToken === null ? null : hashOpaque(refreshToken),
    liveMax: deps.config.sessionsPerAccount,
    ...proof,
    ...times,
  });
  if (ended === null) return null;
  announceEnded(deps.bus, { realm: account.realm, accountId: account.id }, ended, 'revoked');
  return grant(deps, { account, dialect, sessionId, refreshToken, refreshExpiresAt: times.refreshExpiresAt });
};

export const grant = (
  { keyRing, config }: Pick<AuthDeps, 'keyRing' | 'config'>,
  given: {
    readonly account: Account;
    readonly dialect: DialectName;
    readonly sessionId: SessionId;
    /** null: the dialect has no refresh tokens. */
    readonly refreshToken: string | null;
    readonly refreshExpiresAt: number;
  },
): Grant => {
  const access = keyRing.sign(given, config.accessLifeMs[given.dialect]);
  return {
    account: given.account,
    sessionId: given.sessionId,
    accessToken: access.token,
    accessTokenExpiresAt: new Date(access.expiresAt).toISOString(),
    refreshToken: given.refreshToken ?? '',
    refreshTokenExpiresAt: new Date(given.refreshExpiresAt).toISOString(),
  };
};
