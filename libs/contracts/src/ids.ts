import { z } from 'zod';
import { bounded } from './text.js';

// Every id is a uuid that a server made. Subjects and scopes are built from these and from nothing a client chose.
// Lower case whatever the caller wrote: ids are compared as text, and subjects are case-sensitive.
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
/** A running gateway: made when it starts, gone when it stops. */
export const GatewayId = uuid.brand('GatewayId');
export type GatewayId = z.infer<typeof GatewayId>;

/** An isolated world of accounts, channels and organizations. */
export const Realm = bounded(32).regex(/^[a-z][a-z0-9-]{0,31}$/, 'A realm is 1 to 32 of a-z, 0-9 and -');
export type Realm = z.infer<typeof Realm>;

export const dialectNames = ['v1', 'swifty', 'rooms', 'mesh', 'fluent', 'conversations'] as const;
export const DialectName = z.enum(dialectNames);
export type DialectName = z.infer<typeof DialectName>;

/** The small number by which old wires name a thing; 32 bits, counted per realm. */
export const ShortNumber = z.int().min(1).max(2_147_483_647);

/** The time of a thing: ISO 8601 in UTC with milliseconds. */
export const Timestamp = z.iso.datetime({ precision: 3 });
