import type {
  AccountId,
  AccountPrincipal,
  AccountSummary,
  AnonymousPrincipal,
  Realm,
  SystemPrincipal,
} from '@parley/contracts';
import type { Request } from 'express';
import type { Core } from '../core.js';

/** Who is connected, on any gateway. */
export interface WhoIsHere {
  /** Those of the accounts that are connected. */
  online(realm: Realm, ids: readonly AccountId[]): Promise<Set<AccountId>>;
  /**
   * Everybody in small pages, each once, under the name of the newest connection; of several devices with one handle the oldest. Whoever is
   * connected all the time is in one of them; whoever comes or goes meanwhile may be.
   */
  pages(realm: Realm): AsyncGenerator<Pick<AccountSummary, 'id' | 'number' | 'handle' | 'name'>[]>;
}

/** What the edge hands to a dialect's REST side. */
export interface RestDeps {
  readonly core: Core;
  /** The realm that this wire opens into. */
  readonly realm: Realm;
  /** For calls before anybody signed in. */
  readonly anonymous: AnonymousPrincipal;
  /** For what Parley itself asks on this wire's behalf: names of senders, other accounts. */
  readonly system: SystemPrincipal;
  /** Realms other than `realm` that a request of this wire may name (v1 only). */
  readonly allowedRealms: readonly Realm[];
  /** The account behind the Bearer token; `unauthenticated` with reason `no_token` or `invalid_token`. */
  authenticate(request: Request): Promise<AccountPrincipal>;
  /** The account behind a token that came another way. `expired`: one whose time is over will do; its signature must still be right. */
  authenticateToken(token: string, options?: { readonly expired?: boolean }): Promise<AccountPrincipal>;
  readonly here: WhoIsHere;
  /**
   * Runs a sign-in and counts it when it fails with `unauthenticated`, per account name and per address; `rate_limited`
   * with `retryAfterMs` when there were too many. Successes cost nothing.
   */
  guardSignIn<T>(request: Request, login: string, attempt: () => Promise<T>): Promise<T>;
}
