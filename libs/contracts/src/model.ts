import { z } from 'zod';
import {
  AccountId,
  ChannelId,
  ConnectionId,
  DialectName,
  NetworkId,
  OrganizationId,
  Realm,
  SessionId,
  ShortNumber,
  Timestamp,
} from './ids.js';
import { nameText } from './names.js';
import { Metadata, bounded, text } from './text.js';

export const AccountKind = z.enum(['person', 'device']);

/**
 * What an account chose. `sharesReceipts`: others see how far it has read and received. `invisible`: it is offline for all other accounts.
 */
export const Preferences = z.object({ sharesReceipts: z.boolean(), invisible: z.boolean() });
export type Preferences = z.infer<typeof Preferences>;
export const preferencesDefault: Preferences = { sharesReceipts: true, invisible: false };

/**
 * A person or a device that can sign in. `username` and `email` are unique per realm, compared case-folded; so is `handle`, except that
 * devices may share one.
 */
export const Account = z.object({
  id: AccountId,
  number: ShortNumber,
  realm: Realm,
  kind: AccountKind,
  username: z.string().nullable(),
  email: z.string().nullable(),
  handle: z.string(),
  name: z.string(),
  // For dialects that require them. Auth of the previous release does not store any.
  firstName: z.string().nullable().default(null),
  lastName: z.string().nullable().default(null),
  publicKey: z.string().nullable(),
  createdAt: Timestamp,
  // Auth of the previous release does not send them.
  preferences: Preferences.default(preferencesDefault),
});
export type Account = z.infer<typeof Account>;

/** The public part of an account. */
export const AccountSummary = Account.pick({ id: true, number: true, handle: true, name: true });
export type AccountSummary = z.infer<typeof AccountSummary>;

/** The same, with the names given at registration, and the user name, by which texts mention it; an earlier auth does not send that. */
export const AccountProfile = Account.pick({
  id: true,
  number: true,
  handle: true,
  name: true,
  firstName: true,
  lastName: true,
}).extend({ username: Account.shape.username.default(null) });
export type AccountProfile = z.infer<typeof AccountProfile>;

/** One sign-in of an account: a family of refresh tokens, ended as a whole. */
export const AuthSession = z.object({
  id: SessionId,
  accountId: AccountId,
  dialect: DialectName,
  createdAt: Timestamp,
  refreshedAt: Timestamp,
  expiresAt: Timestamp,
});
export type AuthSession = z.infer<typeof AuthSession>;

/** Over all connections of an account to all gateways, as others see it. `away`: every connection is. */
export const PresenceState = z.enum(['online', 'away', 'offline']);
export type PresenceState = z.infer<typeof PresenceState>;

/** `room`: every account of the realm; `group`: its members; `direct`: a pair (whose members may be equal); `topic`: its subscribers. */
export const ChannelKind = z.enum(['room', 'group', 'direct', 'topic']);
export type ChannelKind = z.infer<typeof ChannelKind>;

/** The exact-case name of a topic: 1 to 100 characters. */
export const Slug = text(1, 100);
/** The title of a channel: 1 to 255 characters. */
export const Title = text(1, 255);

export const Channel = z.object({
  id: ChannelId,
  number: ShortNumber,
  realm: Realm,
  kind: ChannelKind,
  slug: z.string().nullable(),
  title: z.string(),
  metadata: Metadata,
  /** `metadata` as its creator wrote it, where the creator's protocol keeps that. Topics of the previous release does not send it. */
  metadataText: z.string().nullable().default(null),
  /** Grows by one whenever a member joins, leaves or changes role. */
  membershipVersion: z.int().min(0),
  createdBy: AccountId.nullable(),
  createdAt: Timestamp,
  closedAt: Timestamp.nullable(),
});
export type Channel = z.infer<typeof Channel>;

/** The part of a channel that an event carries, so that a dialect can encode it without a call. */
export const ChannelSnapshot = Channel.pick({
  id: true,
  number: true,
  kind: true,
  slug: true,
  title: true,
  membershipVersion: true,
});
export type ChannelSnapshot = z.infer<typeof ChannelSnapshot>;

export const MemberRole = z.enum(['owner', 'admin', 'member']);
export type MemberRole = z.infer<typeof MemberRole>;

export const Member = z.object({ channelId: ChannelId, accountId: AccountId, role: MemberRole, joinedAt: Timestamp });
export type Member = z.infer<typeof Member>;

/** The id that a client gave its own message, 1 to 128 characters; sending it again returns the same message. */
export const ClientId = text(1, 128);

/**
 * A key that a caller chose for a request that creates something, 1 to 128 characters; the same key of the same account names what that
 * request created.
 */
export const CreationKey = text(1, 128);

/** What readers acknowledge a message by, 1 to 128 characters: chosen by its sender, and not necessarily unique. */
export const Reference = text(1, 128);

/** Text, or in direct channels one ciphertext per reader (by account id) that the server never decrypts. */
export const Content = z.discriminatedUnion('type', [
  z.object({ type: z.literal('text'), text: text(0, 16_384) }),
  z.object({
    type: z.literal('encrypted'),
    mediaType: text(0, 128),
    byReader: z.record(AccountId, text(1, 65_536)).refine((r) => Object.keys(r).length <= 2, 'At most two readers'),
  }),
]);
export type Content = z.infer<typeof Content>;

/** A position in an account's inbox. */
export const InboxPosition = z.object({ accountId: AccountId, sequence: z.int().min(1) });
export type InboxPosition = z.infer<typeof InboxPosition>;

/** The connection that sent a message, so that it can be excluded from delivery. */
export const Origin = z.object({ connectionId: ConnectionId });
export type Origin = z.infer<typeof Origin>;

export const Organization = z.object({
  id: OrganizationId,
  number: ShortNumber,
  realm: Realm,
  name: z.string(),
  createdBy: AccountId,
  createdAt: Timestamp,
});
export type Organization = z.infer<typeof Organization>;

/** An address range of an organization; `cidr` as its creator wrote it. */
export const Network = z.object({ id: NetworkId, organizationId: OrganizationId, cidr: z.string() });
export type Network = z.infer<typeof Network>;

/** An address of a network that an account holds until it is released. One per account and network. */
export const Lease = z.object({
  networkId: NetworkId,
  organizationId: OrganizationId,
  accountId: AccountId,
  accountNumber: ShortNumber,
  address: z.ipv4(),
  allocatedAt: Timestamp,
});
export type Lease = z.infer<typeof Lease>;

export const IpAddress = z.union([bounded(45).check(z.ipv4()), bounded(45).check(z.ipv6())], 'Expected an IP address');
/** A host name (RFC 1123); one whose last label is a number would be parsed as an address. */
const HostName = bounded(253)
  .check(z.hostname())
  .refine((name) => !/^\d+$/.test(name.slice(name.lastIndexOf('.') + 1)), 'Expected an IP address or a host name');
/** Where a peer can be reached: an IP address, or a host name that the connecting peer resolves. */
export const Host = z.union([IpAddress, HostName], 'Expected an IP address or a host name');
export const Port = z.int().min(1).max(65_535);
/** The name that an agent chose for itself: 1 to 128 characters, none of them invisible. */
export const AgentId = nameText(1, 128);

/** How a peer can be reached from outside: the endpoint that it discovered by STUN, and its relay if it has one. */
export const Reach = z.object({
  publicAddress: Host,
  publicPort: Port,
  relayAddress: Host.nullable(),
  relayPort: Port.nullable(),
});
export type Reach = z.infer<typeof Reach>;

/**
 * An online agent at an address of a network. `label` is its name for others, unique in its network: its agent id, else a generated one.
 */
export const Peer = Reach.extend({
  connectionId: ConnectionId,
  networkId: NetworkId,
  organizationId: OrganizationId,
  account: AccountSummary,
  email: z.string().nullable(),
  label: z.string(),
  agentId: z.string().nullable(),
  address: z.ipv4(),
});
export type Peer = z.infer<typeof Peer>;
