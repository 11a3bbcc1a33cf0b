import { z } from 'zod';
import {
  AccountId,
  ChannelId,
  ConnectionId,
  DialectName,
  MessageId,
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
 * What an account chose. `sharesReceipts`: others see how far it has read and received. `invisible`: it is offline for everybody else.
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

/** The same, with the names given at registration. */
export const AccountProfile = Account.pick({
  id: true,
  number: true,
  handle: true,
  name: true,
  firstName: true,
  lastName: true,
});
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

/** One emoji: an emoji sequence of Unicode, 1 to 64 UTF-16 units, which the owner of messages checks (`\p{RGI_Emoji}`). */
export const Emoji = text(1, 64);

/** How many accounts reacted with an emoji; `mine`: the caller is one of them (false where there is no caller). */
export const ReactionCount = z.object({ emoji: z.string(), count: z.int().min(1), mine: z.boolean().default(false) });
export type ReactionCount = z.infer<typeof ReactionCount>;

/**
 * Whom a message mentions: accounts by id, and whether every member of the channel (`@channel`, moderators only). The owner of messages
 * resolves the names in the text.
 */
export const Mentions = z.object({ accountIds: z.array(AccountId).max(50), channel: z.boolean() });
export type Mentions = z.infer<typeof Mentions>;

/** How many replies a thread has, and when the last one was sent. */
export const ThreadSummary = z.object({
  rootId: MessageId,
  replyCount: z.int().min(0),
  lastReplyAt: Timestamp.nullable(),
});
export type ThreadSummary = z.infer<typeof ThreadSummary>;

/**
 * A message in a channel, in its current form. `sequence` orders it there (no gaps among entries); `number` is a global identity below
 * 2^53, never an order. `raw` is the frame as it was received, for dialects that send it back verbatim. A deleted message is a tombstone:
 * `deletedAt` is set, its content is an empty text, and it has no reactions, mentions or `raw`.
 *
 * The fields from `editedAt` on have defaults, because chat of the previous release does not send them.
 */
export const Message = z.object({
  id: MessageId,
  number: z.int().min(1),
  channelId: ChannelId,
  sequence: z.int().min(1),
  sender: AccountSummary,
  clientId: z.string().nullable(),
  content: Content,
  raw: z.string().nullable(),
  sentAt: Timestamp,
  editedAt: Timestamp.nullable().default(null),
  deletedAt: Timestamp.nullable().default(null),
  /** The message of the same channel that it answers. */
  replyTo: MessageId.nullable().default(null),
  /** The first message of the thread that it belongs to. null: of none. */
  threadRoot: MessageId.nullable().default(null),
  /** false: a reply that only its thread shows. */
  inChannel: z.boolean().default(true),
  /** Of the thread that begins with this message. */
  replyCount: z.int().min(0).default(0),
  lastReplyAt: Timestamp.nullable().default(null),
  /** Ordered by the first reaction with each emoji. */
  reactions: z.array(ReactionCount).default([]),
  mentions: Mentions.default({ accountIds: [], channel: false }),
  pinnedAt: Timestamp.nullable().default(null),
});
export type Message = z.infer<typeof Message>;

/** What every change of a message has: its own sequence in the channel, who made it, and the message that it changes. */
const change = {
  sequence: z.int().min(1),
  channelId: ChannelId,
  messageId: MessageId,
  /** Its `number`, by which old protocols name it. */
  messageNumber: z.int().min(1),
  /** The sequence with which the message was created. */
  messageSequence: z.int().min(1),
  actor: AccountSummary,
  clientId: z.string().nullable(),
  at: Timestamp,
};

const reaction = { ...change, emoji: z.string(), count: z.int().min(0) };

/**
 * One numbered entry of a channel's stream: a message, or a change of one. A list of entries shows messages in their current form; the
 * changes that follow repeat what is there already. The content of an edit of a message that was deleted since is an empty text.
 */
export const Entry = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('message.created'),
    sequence: z.int().min(1),
    message: Message,
    /** The counters of the thread that the message belongs to. */
    thread: ThreadSummary.nullable(),
  }),
  z.object({ kind: z.literal('message.edited'), ...change, content: Content, mentions: Mentions }),
  z.object({ kind: z.literal('message.deleted'), ...change, thread: ThreadSummary.nullable() }),
  /** `count`: with this emoji, after the change. */
  z.object({ kind: z.literal('reaction.added'), ...reaction }),
  z.object({ kind: z.literal('reaction.removed'), ...reaction }),
  z.object({ kind: z.literal('message.pinned'), ...change }),
  z.object({ kind: z.literal('message.unpinned'), ...change }),
]);
export type Entry = z.infer<typeof Entry>;
export type EntryKind = Entry['kind'];
export type EntryOf<K extends EntryKind> = Extract<Entry, { kind: K }>;
/** An entry that changes a message. */
export type ChangeEntry = Exclude<Entry, { kind: 'message.created' }>;

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
