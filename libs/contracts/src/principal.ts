import { z } from 'zod';
import { AccountId, DialectName, Realm, SessionId } from './ids.js';
import { Preferences } from './model.js';

/**
 * A signed-in account: the claims of a verified token. `number`, `handle`, `name` and `preferences` (left out: the defaults) are snapshots
 * from when it was issued.
 */
export const AccountPrincipal = z.object({
  kind: z.literal('account'),
  realm: Realm,
  dialect: DialectName,
  accountId: AccountId,
  number: z.int(),
  handle: z.string(),
  name: z.string(),
  sessionId: SessionId,
  preferences: Preferences.optional(),
});
export type AccountPrincipal = z.infer<typeof AccountPrincipal>;

/** An unauthenticated caller: one that signs up or in, or whose token is still to be verified. */
export const AnonymousPrincipal = z.object({ kind: z.literal('anonymous'), realm: Realm, dialect: DialectName });
export type AnonymousPrincipal = z.infer<typeof AnonymousPrincipal>;

/**
 * A Parley service itself, for a stream that a gateway holds on behalf of many connections, or for a job. It may read everything in its
 * realm.
 */
export const SystemPrincipal = z.object({ kind: z.literal('system'), realm: Realm, service: z.string() });
export type SystemPrincipal = z.infer<typeof SystemPrincipal>;

/** The caller of an operation. Set by the gateway (or by a service for its own work) and carried in a header, never a field of an input. */
export const Principal = z.discriminatedUnion('kind', [AccountPrincipal, AnonymousPrincipal, SystemPrincipal]);
export type Principal = z.infer<typeof Principal>;
