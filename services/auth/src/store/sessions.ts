import type {
  Account,
  AccountId,
  AccountPrincipal,
  AuthSession,
  DialectName,
  Realm,
  SessionId,
} from '@parley/contracts';
import type { EndReason, RefreshVerdict } from '../domain/refresh.js';
import type { StoredPassword } from '../passwords/hasher.js';

/** The times of a grant: when it is issued, and when its two tokens expire. */
export interface GrantTimes {
  readonly now: number;
  readonly accessExpiresAt: number;
  readonly refreshExpiresAt: number;
}

export interface NewSession extends GrantTimes {
  readonly id: SessionId;
  readonly realm: Realm;
  readonly accountId: AccountId;
  readonly dialect: DialectName;
  /** null: the dialect has no refresh tokens. */
  readonly refreshHash: Buffer | null;
  /** How many live sessions the account may have, this one included; beyond that the oldest end. */
  readonly liveMax: number;
  /** What the password was compared with; the session opens only if it is still the account's password. */
  readonly provedBy: StoredPassword | null;
  /** Replaces `provedBy` in the same transaction. */
  readonly rehashed: StoredPassword | null;
}

/** The caller as the database has it now; the token may be older. */
export interface Speaker {
  readonly account: Account;
  readonly sessionLives: boolean;
}

export interface EndedSession {
  readonly sessionId: SessionId;
  readonly endedAt: Date;
}

export type Rotation =
  | {
      readonly verdict: 'rotate' | 'repeat';
      readonly account: Account;
      readonly sessionId: SessionId;
      /** When the successor expires: the same for a repeated response. */
      readonly refreshExpiresAt: number;
    }
  | {
      readonly verdict: Exclude<RefreshVerdict, 'rotate' | 'repeat' | 'revoke_family'> | 'invalid';
    }
  | { readonly verdict: 'revoke_family'; readonly accountId: AccountId; readonly sessionId: SessionId };

export interface Sessions {
  /** The sessions that ended because there were too many; null when the account is gone or its password is no longer `provedBy`. */
  open(session: NewSession): Promise<SessionId[] | null>;
  /** Null when the account is gone. */
  speaker(principal: AccountPrincipal): Promise<Speaker | null>;
  lives(sessionId: SessionId): Promise<boolean>;
  list(accountId: AccountId, now: number): Promise<AuthSession[]>;
  /** True when the session was live until now, false when it had already ended, null when the account has no such session. */
  end(accountId: AccountId, sessionId: SessionId, why: EndReason, now: number): Promise<boolean | null>;
  /** The sessions that were live until now. */
  endOthers(principal: AccountPrincipal, why: EndReason, now: number): Promise<SessionId[]>;
  /** Rotates a refresh token of this realm and dialect, or returns why not. A family that must end has ended when it resolves. */
  rotate(token: {
    readonly hash: Buffer;
    readonly successorHash: Buffer;
    readonly realm: Realm;
    readonly dialect: DialectName;
    readonly times: GrantTimes;
  }): Promise<Rotation>;
  /** Sessions that ended at or after `since` and of which an access token may still be valid; ordered by when they ended. */
  endedSince(since: Date, now: number, limit: number): Promise<EndedSession[]>;
  /** Replaces the password and ends all sessions but the caller's; null when `current` is no longer the password. */
  changePassword(change: {
    readonly principal: AccountPrincipal;
    readonly current: StoredPassword;
    readonly next: StoredPassword;
    readonly now: number;
  }): Promise<SessionId[] | null>;
  /** Leaves a tombstone and ends all sessions; the user name is not free before `nameFreeAt`. Null when the account was already gone. */
  bury(accountId: AccountId, now: number, nameFreeAt: number): Promise<SessionId[] | null>;
}
