import { z } from 'zod';
import { AccountId, ConnectionId, NetworkId, Realm, SessionId, Timestamp } from './ids.js';
import type { ChannelId } from './ids.js';
import { AccountSummary, Channel, ChannelSnapshot, InboxPlace, Member, Message, Origin, Peer } from './model.js';

const event = <const N extends string, S extends z.ZodRawShape>(name: N, body: S) =>
  z.object({ name: z.literal(name), realm: Realm, ...body });

// Past tense, told after the commit, on core NATS: a bell, not a store. Whoever needs certainty compares sequences or versions.

/** A message was committed. Told to the channel's scope, or for a direct channel to each participant's account scope with the place it took in that inbox. */
export const MessageCreated = event('message.created', {
  channel: ChannelSnapshot,
  message: Message,
  inbox: InboxPlace.nullable(),
  origin: Origin.nullable(),
});
/** Somebody is typing; told by a gateway, never stored. */
export const TypingStarted = event('typing.started', {
  channel: ChannelSnapshot,
  account: AccountSummary,
  origin: Origin,
  at: Timestamp,
});
/** Members came, went or changed: told to the channel's scope and to the account's. */
export const MemberAdded = event('member.added', { channel: ChannelSnapshot, member: Member });
export const MemberChanged = event('member.changed', { channel: ChannelSnapshot, member: Member });
export const MemberRemoved = event('member.removed', { channel: ChannelSnapshot, accountId: AccountId });
/** A channel got another title or was closed: told to the channel's scope. */
export const ChannelChanged = event('channel.changed', { channel: Channel });
/** A sign-in ended (signed out, revoked, reused, account deleted, password changed): told to the account's scope. */
export const SessionRevoked = event('session.revoked', {
  accountId: AccountId,
  sessionId: SessionId,
  why: z.enum(['signed_out', 'revoked', 'refresh_reused', 'password_changed', 'account_deleted']),
});
/** An account is gone for good. */
export const AccountDeleted = event('account.deleted', { accountId: AccountId });
/** A live connection opened or closed a channel; told by its gateway to the channel's scope. */
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

/** A connection of a wire on which the newest one hears took its account over: told to the account's scope. `since`: epoch milliseconds. */
export const ConnectionEntered = event('connection.entered', {
  accountId: AccountId,
  connectionId: ConnectionId,
  since: z.number(),
});

/**
 * A peer came or went: told to its network's scope. `version` counts the changes of that network's peers without a gap, so
 * that whoever listens puts them in order and notices one that was lost.
 */
export const PeerOnline = event('peer.online', { networkId: NetworkId, version: z.int().min(1), peer: Peer });
export const PeerOffline = event('peer.offline', {
  networkId: NetworkId,
  version: z.int().min(1),
  peer: Peer,
  /** Its socket closed; a newer one of the same account and agent took its place; its gateway fell silent; its address was released. */
  why: z.enum(['closed', 'replaced', 'lapsed', 'released']),
});

/** Every fact there is. */
export const BusEvent = z.discriminatedUnion('name', [
  MessageCreated,
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

/** The stream and sequence of a fact that has a place in one: a channel's, or an account's inbox. */
export const streamPosition = (
  f: BusEvent,
): { stream: 'channel' | 'inbox'; id: ChannelId | AccountId; sequence: number } | null => {
  if (f.name !== 'message.created') return null;
  if (f.inbox) return { stream: 'inbox', id: f.inbox.accountId, sequence: f.inbox.sequence };
  return { stream: 'channel', id: f.channel.id, sequence: f.message.sequence };
};
