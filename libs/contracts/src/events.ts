import { z } from 'zod';
import { Entry, Message, ThreadSummary } from './entry.js';
import type { EntryKind } from './entry.js';
import { AccountId, ConnectionId, NetworkId, Realm, SessionId, Timestamp } from './ids.js';
import type { ChannelId } from './ids.js';
import {
  AccountSummary,
  Channel,
  ChannelSnapshot,
  InboxPosition,
  Member,
  Origin,
  Peer,
  Preferences,
  PresenceState,
} from './model.js';

const event = <const N extends string, S extends z.ZodRawShape>(name: N, body: S) =>
  z.object({ name: z.literal(name), realm: Realm, ...body });

// Events are named in the past tense and published after the commit, on core NATS: at most once, without storage. A subscriber that must
// not miss anything compares sequences or versions.

/**
 * A message was committed. Published to the channel's scope; for a direct channel to each participant's account scope, with its sequence in
 * that inbox.
 */
export const MessageCreated = event('message.created', {
  channel: ChannelSnapshot,
  message: Message,
  inbox: InboxPosition.nullable(),
  origin: Origin.nullable(),
  thread: ThreadSummary.nullable().default(null),
});

type EntrySchema<K extends EntryKind> = Extract<(typeof Entry)['options'][number], z.ZodType<{ kind: K }>>;
const entryOf = <const K extends EntryKind>(kind: K): EntrySchema<K> =>
  Entry.options.find((option) => option.shape.kind.value === kind) as EntrySchema<K>;

/** A message was changed; published as `message.created` is. */
const changed = <const K extends Exclude<EntryKind, 'message.created'>>(kind: K) =>
  event(kind, {
    channel: ChannelSnapshot,
    entry: entryOf(kind),
    inbox: InboxPosition.nullable(),
    origin: Origin.nullable(),
  });
export const MessageEdited = changed('message.edited');
export const MessageDeleted = changed('message.deleted');
export const ReactionAdded = changed('reaction.added');
export const ReactionRemoved = changed('reaction.removed');
export const MessagePinned = changed('message.pinned');
export const MessageUnpinned = changed('message.unpinned');

/**
 * An account's positions in a channel moved. Published to the account's own scope; to the channel's scope of a group of up to 100 members,
 * and to the partner's scope of a direct channel, if the account shares its positions.
 */
export const ReceiptChanged = event('receipt.changed', {
  channel: ChannelSnapshot,
  accountId: AccountId,
  read: z.int().min(0),
  delivered: z.int().min(0),
});
/**
 * An account's presence changed, as others see it; a gateway publishes each transition to the account's scope. The highest `version` is
 * the newest. `lastSeenAt`: when it was last connected; null while it is, and where unknown.
 */
export const PresenceChanged = event('presence.changed', {
  accountId: AccountId,
  state: PresenceState,
  lastSeenAt: Timestamp.nullable(),
  version: z.number(),
});
/** An account changed its preferences: published to its scope. The highest `version` is the newest. */
export const PreferencesChanged = event('preferences.changed', {
  accountId: AccountId,
  preferences: Preferences,
  version: z.int(),
});
/** An account is typing; published by a gateway, never stored. */
export const TypingStarted = event('typing.started', {
  channel: ChannelSnapshot,
  account: AccountSummary,
  origin: Origin,
  at: Timestamp,
});
/** Members joined, left or changed: published to the channel's scope and to the account's. */
export const MemberAdded = event('member.added', { channel: ChannelSnapshot, member: Member });
export const MemberChanged = event('member.changed', { channel: ChannelSnapshot, member: Member });
export const MemberRemoved = event('member.removed', { channel: ChannelSnapshot, accountId: AccountId });
/** A channel was renamed or closed: published to the channel's scope. */
export const ChannelChanged = event('channel.changed', { channel: Channel });
/** A session ended (signed out, revoked, reused, account deleted, password changed): published to the account's scope. */
export const SessionRevoked = event('session.revoked', {
  accountId: AccountId,
  sessionId: SessionId,
  why: z.enum(['signed_out', 'revoked', 'refresh_reused', 'password_changed', 'account_deleted']),
});
/** An account was deleted. */
export const AccountDeleted = event('account.deleted', { accountId: AccountId });
/** A connection opened or closed a channel; its gateway publishes it to the channel's scope. */
export const SessionOpened = event('session.opened', {
  channel: ChannelSnapshot,
  account: AccountSummary,
  connectionId: ConnectionId,
  at: Timestamp,
});
export const SessionClosed = event('session.closed', {
  channel: ChannelSnapshot,
  account: AccountSummary,
  connectionId: ConnectionId,
  at: Timestamp,
});

/**
 * A connection superseded the account's others, in a dialect where only the newest one receives: published to the account's scope. `since`:
 * its order number, based on epoch milliseconds. `answers`: the connection that entered with a lower number than this one has.
 */
export const ConnectionEntered = event('connection.entered', {
  accountId: AccountId,
  connectionId: ConnectionId,
  since: z.number(),
  answers: ConnectionId.optional(),
});

/**
 * A peer came online or went offline: published to its network's scope. `version` counts the changes of that network's peers without gaps,
 * so that a subscriber can order them and detect a lost one.
 */
export const PeerOnline = event('peer.online', { networkId: NetworkId, version: z.int().min(1), peer: Peer });
export const PeerOffline = event('peer.offline', {
  networkId: NetworkId,
  version: z.int().min(1),
  peer: Peer,
  /**
   * Its socket closed; a newer connection of the same account and agent replaced it; its gateway stopped its heartbeats; its address was
   * released.
   */
  why: z.enum(['closed', 'replaced', 'lapsed', 'released']),
});

/** All events. */
export const BusEvent = z.discriminatedUnion('name', [
  MessageCreated,
  MessageEdited,
  MessageDeleted,
  ReactionAdded,
  ReactionRemoved,
  MessagePinned,
  MessageUnpinned,
  ReceiptChanged,
  PresenceChanged,
  PreferencesChanged,
  TypingStarted,
  MemberAdded,
  MemberChanged,
  MemberRemoved,
  ChannelChanged,
  SessionRevoked,
  AccountDeleted,
  SessionOpened,
  SessionClosed,
  ConnectionEntered,
  PeerOnline,
  PeerOffline,
]);
export type BusEvent = z.infer<typeof BusEvent>;
export type BusEventName = BusEvent['name'];
export type BusEventNamed<N extends BusEventName> = Extract<BusEvent, { name: N }>;

/** The events that have a sequence in a stream. */
export type SequencedBusEvent = BusEventNamed<EntryKind>;

const entryNames: ReadonlySet<string> = new Set(Entry.options.map((option) => option.shape.kind.value));

/** Whether the event is an entry of a stream: a message, or a change of one. */
export const isSequenced = (event: { readonly name: string }): event is SequencedBusEvent => entryNames.has(event.name);

/** The stream and sequence of an event that belongs to one: a channel's, or an account's inbox. */
export const streamPosition = (
  event: BusEvent,
): { stream: 'channel' | 'inbox'; id: ChannelId | AccountId; sequence: number } | null => {
  if (!isSequenced(event)) return null;
  if (event.inbox) return { stream: 'inbox', id: event.inbox.accountId, sequence: event.inbox.sequence };
  const { sequence } = event.name === 'message.created' ? event.message : event.entry;
  return { stream: 'channel', id: event.channel.id, sequence };
};
