import { z } from 'zod';
import { bounded } from './text.js';

// Every id is a UUID that a server made. Subjects and scopes are built from these and never from text that a client chose. Lower case
// whatever the caller wrote: ids are compared as text, and subjects are case-sensitive.
const uuid = z.uuid().toLowerCase();

export const AccountId = uuid.brand('AccountId');
export type AccountId = z.infer<typeof AccountId>;
export const ChannelId = uuid.brand('ChannelId');
export type ChannelId = z.infer<typeof ChannelId>;
export const MessageId = uuid.brand('MessageId');
export type MessageId = z.infer<typeof MessageId>;
export const SessionId = uuid.brand('SessionId');
export type SessionId = z.infer<typeof SessionId>;
export const ConnectionId = uuid.brand('ConnectionId');
export type ConnectionId = z.infer<typeof ConnectionId>;
export const OrganizationId = uuid.brand('OrganizationId');
export type OrganizationId = z.infer<typeof OrganizationId>;
export const NetworkId = uuid.brand('NetworkId');
export type NetworkId = z.infer<typeof NetworkId>;
/** One run of a gateway process: a new id at each start. */
export const GatewayId = uuid.brand('GatewayId');
export type GatewayId = z.infer<typeof GatewayId>;

/** A tenant: an isolated set of accounts, channels and organizations. */
export const Realm = bounded(32).regex(/^[a-z][a-z0-9-]{0,31}$/, 'A realm is 1 to 32 of a-z, 0-9 and -');
export type Realm = z.infer<typeof Realm>;

export const dialectNames = ['v1', 'swifty', 'rooms', 'mesh', 'fluent', 'conversations'] as const;
export const DialectName = z.enum(dialectNames);
export type DialectName = z.infer<typeof DialectName>;

/** The small integer by which old protocols identify an object; 32 bits, counted per realm. */
export const ShortNumber = z.int().min(1).max(2_147_483_647);

/** A time: ISO 8601 in UTC with milliseconds. */
export const Timestamp = z.iso.datetime({ precision: 3 });
