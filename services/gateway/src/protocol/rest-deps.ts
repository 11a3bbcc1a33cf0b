import type {
  AccountId,
  AccountPrincipal,
  AccountSummary,
  AnonymousPrincipal,
  ChannelId,
  Realm,
  SystemPrincipal,
} from '@parley/contracts';
import type { Request } from 'express';
import type { PresenceSnapshot } from './presence-command.js';
import type { Queries } from './queries.js';
import type { CommandOf, ExecutedType, PrincipalOf, ResultOf } from './command.js';

/** Which accounts are connected, on any gateway. */
export interface WhoIsHere {
  /** The subset of the accounts that is connected. */
  online(realm: Realm, ids: readonly AccountId[]): Promise<Set<AccountId>>;
  /**
   * All connected accounts in small pages, each once, with the name of its newest connection; of several devices with one handle, the
   * oldest. An account that is connected all the time is in one of the pages; one that connects or disconnects meanwhile may be.
   */
  pages(realm: Realm): AsyncGenerator<Pick<AccountSummary, 'id' | 'number' | 'handle' | 'name'>[]>;
}

/** The presence of a channel's members. */
export interface ChannelPresence {
  /**
   * As the account may see it now. Faults of `topics.member.authorize`; `exhausted` `channel_too_large`, `unavailable` while topics or Redis
   * do not answer.
   */
  ofChannel(channelId: ChannelId, principal: AccountPrincipal): Promise<PresenceSnapshot>;
}

/** The Idempotency-Key of a request. */
export interface RequestKey {
  /** As the client sent it. */
  readonly header: string;
  /** A digest of the key with its caller, its route and its body: the same for the same request only. */
  readonly digest: string;
}

/** A request that wants a command run, and whose it is. */
export interface RestCall<P = AccountPrincipal> {
  readonly principal: P;
  readonly request: Request;
}

/** What REST asks of presence. */
export interface PresenceQueries extends WhoIsHere, ChannelPresence {}

/** Who sends a request. */
export interface Authentication {
  /** The account of the Bearer token; `unauthenticated` with reason `no_token` or `invalid_token`. */
  authenticate(request: Request): Promise<AccountPrincipal>;
  /** The account of a token from elsewhere in the request. `expired`: also accepts an expired token; its signature must still be valid. */
  authenticateToken(token: string, options?: { readonly expired?: boolean }): Promise<AccountPrincipal>;
  /**
   * Runs a sign-in and counts it per account name and per address if it fails with `unauthenticated`; throws `rate_limited` with
   * `retryAfterMs` after too many failures. Successful sign-ins are not counted.
   */
  guardSignIn<T>(request: Request, login: string, attempt: () => Promise<T>): Promise<T>;
}

/** The dependencies of a dialect's REST routes. */
export interface RestDeps {
  /** For what a request reads; what it changes goes through `execute`. */
  readonly core: Queries;
  /** Runs what a request asks for, as a frame's command is run. */
  execute<T extends ExecutedType>(
    command: CommandOf<T> & { readonly type: T },
    call: RestCall<PrincipalOf<T>>,
  ): Promise<ResultOf<T>>;
  /** The realm that this dialect opens into. */
  readonly realm: Realm;
  /** The principal of calls without a sign-in. */
  readonly anonymous: AnonymousPrincipal;
  /** The principal for calls that Parley itself makes for this dialect: names of senders, other accounts. */
  readonly system: SystemPrincipal;
  /** Realms other than `realm` that a request of this dialect may name (v1 only). */
  readonly allowedRealms: readonly Realm[];
  readonly authentication: Authentication;
  readonly presence: PresenceQueries;
}
