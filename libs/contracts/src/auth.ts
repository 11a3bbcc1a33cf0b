import { z } from 'zod';
import { contract } from './contract.js';
import { Email } from './email.js';
import { AccountId, DialectName, Realm, SessionId, ShortNumber, Timestamp } from './ids.js';
import { authImport } from './imports.js';
import { Account, AccountKind, AccountProfile, AuthSession, Preferences } from './model.js';
import { DisplayName, Login, Password, PersonalName, Username, usernameCharactersMax } from './names.js';
import { AccountPrincipal } from './principal.js';
import { bounded, text } from './text.js';

/**
 * The result of a sign-in. Times are absolute. `refreshToken` is opaque and single-use; it is empty for a dialect without refresh tokens
 * (swifty, mesh, conversations).
 */
export const Grant = z.object({
  account: Account,
  sessionId: SessionId,
  accessToken: z.string(),
  accessTokenExpiresAt: Timestamp,
  refreshToken: z.string(),
  refreshTokenExpiresAt: Timestamp,
});
export type Grant = z.infer<typeof Grant>;

/** One way to name an account of the caller's realm. */
export const AccountReference = z.union([
  z.object({ id: AccountId }),
  z.object({ number: ShortNumber }),
  z.object({ handle: z.string().max(256) }),
  z.object({ username: z.string().max(256) }),
  z.object({ email: z.string().max(256) }),
]);
export type AccountReference = z.infer<typeof AccountReference>;

export const Jwk = z.object({
  kid: z.string(),
  kty: z.literal('RSA'),
  alg: z.literal('RS256'),
  use: z.literal('sig'),
  n: z.string(),
  e: z.string(),
});

/** The canonical network of the client that a gateway calls for: networks have equal shares of the queue for hashing passwords. */
const ClientNetwork = bounded(64);

const nothing = z.object({});

/** SHA-256 in base64url. */
const Digest = z.string().length(43);

/** Accounts, credentials, tokens and their keys. Owner: services/auth. */
export const auth = contract('auth', {
  import: authImport,
  account: {
    /**
     * Creates an account in the caller's realm. `conflict` with reason `username_taken`, `email_taken` or `handle_taken`; `username_taken`
     * also when the display name is the user name of another account, or the user name another's display name.
     *
     * A person without a handle gets its own id as handle; its name is the user name unless given. A device with `sharesHandle` may
     * register under a handle that other devices have, as an account of its own: `handle_taken` only when a person has the handle,
     * `exhausted` `too_many_devices` when the maximum number of devices has it. The first registration under the handle of a device that was
     * imported returns that device.
     */
    register: {
      input: z.object({
        kind: AccountKind.default('person'),
        username: Username.optional(),
        email: Email.optional(),
        password: Password.optional(),
        /** A UUID that the client made, of any version or of none. */
        handle: z.guid().toLowerCase().optional(),
        // Auth of 0.1.0 ignores it and answers `handle_taken`.
        sharesHandle: z.boolean().default(false),
        name: DisplayName.optional(),
        firstName: PersonalName.optional(),
        lastName: PersonalName.optional(),
        publicKey: text(1, 16_384).optional(),
        network: ClientNetwork.optional(),
      }),
      output: Account,
    },
    /**
     * The account that the reference names in the caller's realm, or null. Of several devices with one handle: the oldest with a live
     * session, whose earlier tokens may still be presented, else the newest. For services and the gateway.
     */
    find: { input: z.object({ reference: AccountReference }), output: Account.nullable(), repeatable: true },
    /** The accounts among up to 500 ids that exist in the caller's realm, in any order. */
    lookup: {
      input: z.object({ ids: z.array(AccountId).max(500) }),
      output: z.array(AccountProfile),
      repeatable: true,
    },
    /** The accounts of the caller's realm that have these user names, compared folded; in any order. Resolves `@name` in texts. */
    named: {
      input: z.object({ usernames: z.array(bounded(usernameCharactersMax)).max(50) }),
      output: z.array(z.object({ id: AccountId, username: z.string() })),
      repeatable: true,
    },
    /**
     * Numbers and e-mail addresses of those of the ids that exist in the realm, for dialects that show them to fellow members. System
     * callers only.
     */
    contacts: {
      input: z.object({ ids: z.array(AccountId).max(500) }),
      output: z.array(Account.pick({ id: true, number: true, email: true })),
      repeatable: true,
    },
    /** The deleted accounts of the realm among the ids; an id that auth never knew is not in the result. System callers only. */
    deleted: {
      input: z.object({ ids: z.array(AccountId).max(500) }),
      output: z.array(AccountId),
      repeatable: true,
    },
    /**
     * Renames a device to the name of its latest registration; `conflict` `username_taken` when that is the user name of another account.
     * System callers only.
     */
    rename: { input: z.object({ accountId: AccountId, name: DisplayName }), output: Account, repeatable: true },
    /** The caller's own account; `unauthenticated` `account_gone` when it was deleted. */
    me: { input: nothing, output: Account, repeatable: true },
    /**
     * Changes the display name of the caller's own account; `conflict` `username_taken` when it is the user name of another one. Messages
     * keep the name under which they were sent; access tokens have the new one from the next refresh on.
     */
    setName: { input: z.object({ name: DisplayName }), output: Account, repeatable: true },
    /**
     * Accounts whose user name contains the text, with `by: names` also those whose display name does, case-insensitive, ordered by number,
     * those after the number `after`. A page may be shorter than `limit` (long keys); an empty page is the end.
     */
    search: {
      input: z.object({
        contains: bounded(usernameCharactersMax).default(''),
        by: z.enum(['username', 'names']).default('username'),
        after: z.int().min(0).default(0),
        limit: z.int().min(1).max(200).default(50),
      }),
      output: z.array(Account),
      repeatable: true,
    },
    /** Changes those of the caller's preferences that are given, and returns all of them. */
    setPreferences: { input: Preferences.partial(), output: Preferences, repeatable: true },
    /**
     * Preferences that changed since a moment, in all realms, of accounts whose earlier tokens may still be valid; `version` as in the
     * event. Pages as `token.revocations`: `asOf` is the next `since`. System callers only; recovers lost events.
     */
    preferenceChanges: {
      input: z.object({ since: Timestamp }),
      output: z.object({
        changes: z.array(z.object({ realm: Realm, accountId: AccountId, preferences: Preferences, version: z.int() })),
        asOf: Timestamp,
      }),
      repeatable: true,
    },
    /** Changes the caller's password and ends its other sessions. `forbidden` `wrong_password` when `current` is wrong. */
    changePassword: { input: z.object({ current: Password, next: Password }), output: nothing, deadlineMs: 10_000 },
    /**
     * Deletes the caller's account and ends all its sessions. Its messages stay; its e-mail address and handle become free at once, its
     * user name after a while. `forbidden` `wrong_password`.
     */
    delete: { input: z.object({ password: Password }), output: nothing, deadlineMs: 10_000 },
  },
  token: {
    /**
     * Exchanges a user name or e-mail and a password for a grant in the caller's realm and dialect.
     * `unauthenticated` `wrong_credentials`, the same for an unknown name and a wrong password, in about the same time.
     */
    signIn: {
      input: z.object({
        login: Login,
        by: z.enum(['username', 'email', 'either']),
        password: Password,
        network: ClientNetwork.optional(),
      }),
      output: Grant,
      deadlineMs: 10_000,
    },
    /** A grant for an account that the gateway has authenticated by other means (a device that registers). System callers only. */
    issue: { input: z.object({ accountId: AccountId, dialect: DialectName }), output: Grant },
    /**
     * Exchanges a refresh token for a new grant of the same session. Each works once; a repetition within the grace period, while the
     * successor is unused, returns the same successor. Otherwise `unauthenticated` `refresh_reused`, and the whole session ends.
     */
    refresh: { input: z.object({ refreshToken: z.string().min(1).max(512) }), output: Grant, repeatable: true },
    /**
     * The claims of the token when it is valid for the caller's realm and dialect; else `unauthenticated`. For callers that cannot verify
     * it locally.
     */
    verify: {
      input: z.object({ accessToken: z.string().max(4096) }),
      output: z.object({ principal: AccountPrincipal, expiresAt: Timestamp }),
      repeatable: true,
    },
    /** The public keys that verify access tokens, the next and the retiring key included. Any caller. */
    keys: {
      input: nothing,
      // `now`: the time by the clock by which auth issues tokens. Auth of 0.1.0 omits it.
      output: z.object({ keys: z.array(Jwk), now: Timestamp.optional() }),
      repeatable: true,
    },
    /** Sessions ended since a moment whose last token has not expired yet, in all realms. System callers only; recovers lost events. */
    revocations: {
      input: z.object({ since: Timestamp }),
      output: z.object({ sessions: z.array(z.object({ sessionId: SessionId, endedAt: Timestamp })), asOf: Timestamp }),
      repeatable: true,
    },
  },
  session: {
    /** The caller's live sessions, newest first, at most 100. */
    list: { input: nothing, output: z.array(AuthSession), repeatable: true },
    /** Ends one of the caller's sessions; without an id, the session of the call itself. `not_found` for another account's. */
    end: { input: z.object({ sessionId: SessionId.optional() }), output: nothing, repeatable: true },
    /** Ends all of the caller's sessions except the session of the call. */
    endOthers: { input: nothing, output: z.object({ ended: z.int() }), repeatable: true },
  },
  /**
   * Idempotent REST writes (Idempotency-Key), kept for 24 hours. `scope` identifies the caller, the route and the key, `fingerprint` the
   * request; both are digests. The gateway seals the response with the key, which auth never sees. System callers only.
   */
  request: {
    /**
     * `new`: the caller executes the request. `in_progress`: another call executes it, or died less than 30 s ago. `different`: the key was
     * used for another request.
     */
    claim: {
      input: z.object({ scope: Digest, fingerprint: Digest }),
      output: z.object({
        state: z.enum(['new', 'in_progress', 'done', 'different']),
        response: z.string().nullable(),
      }),
    },
    complete: {
      input: z.object({ scope: Digest, response: z.string().max(64 * 1024) }),
      output: nothing,
      repeatable: true,
    },
    /** The request was not executed and may be claimed again. */
    release: { input: z.object({ scope: Digest }), output: nothing, repeatable: true },
  },
  ticket: {
    /** A single-use ticket that opens one socket within 30 seconds, for browsers, which cannot set headers. */
    issue: { input: nothing, output: z.object({ ticket: z.string(), expiresAt: Timestamp }) },
    /**
     * Exchanges a ticket for the access token's principal; `unauthenticated` `ticket_invalid` when it is used, expired, or of another realm
     * or dialect.
     */
    redeem: {
      input: z.object({ ticket: z.string().min(1).max(256) }),
      output: z.object({ principal: AccountPrincipal, expiresAt: Timestamp }),
    },
  },
});
export type Auth = typeof auth;
