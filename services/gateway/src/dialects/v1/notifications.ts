import type { NotificationTable } from '../../protocol/methods.js';
import * as example from './examples.js';
import * as entries from './entry-shapes.js';
import { presenceNotifications } from './notifications-presence.js';
import * as shapes from './socket-shapes.js';

const membership = { channelId: example.channelId, membershipVersion: 3 };

const ofEntry = ({ kind: _kind, ...params }: { readonly kind: string }) => params;

const changes = {
  'message.edited': {
    summary: 'The text of a message was replaced',
    params: entries.MessageEdited,
    example: ofEntry(example.editedEntry),
  },
  'message.deleted': {
    summary: 'A message was deleted; `thread` has the counters of the thread that it belonged to',
    params: entries.MessageDeleted,
    example: ofEntry(example.deletedEntry),
  },
  'reaction.added': {
    summary: 'An account reacted to a message; `count` accounts did so with this emoji',
    params: entries.ReactionChanged,
    example: ofEntry(example.reactionEntry),
  },
  'reaction.removed': {
    summary: 'An account removed its reaction; `count` accounts are left with this emoji',
    params: entries.ReactionChanged,
    example: { ...ofEntry(example.reactionEntry), count: 0 },
  },
  'message.pinned': {
    summary: 'A message was pinned',
    params: entries.MessagePinned,
    example: ofEntry(example.pinnedEntry),
  },
  'message.unpinned': {
    summary: 'A message was unpinned',
    params: entries.MessagePinned,
    example: ofEntry(example.pinnedEntry),
  },
} as const satisfies NotificationTable;

/** Every notification of the v1 socket. */
export const notifications = {
  'session.opened': {
    summary: 'The connection is authenticated; the first frame on it',
    params: shapes.SessionOpened,
    example: { connectionId: '0198c5a2-4e5f-7061-b273-84a5b6c7d8e9', ...example.authenticated },
  },
  'session.goaway': {
    summary: 'The gateway is about to close the connection: reconnect after the given time',
    params: shapes.GoAway,
    example: { reconnectAfterMs: 3170 },
  },
  'message.created': {
    summary: 'A message of an attached channel or, with `inboxSequence`, of the inbox',
    params: entries.MessageCreated,
    example: { message: example.createdMessage },
  },
  ...changes,
  'typing.started': {
    summary: 'An account is typing in an attached channel',
    params: shapes.TypingStarted,
    example: { channelId: example.channelId, account: { id: example.otherId, name: 'Grace' } },
  },
  'member.added': {
    summary: 'An account became a member of the channel',
    params: shapes.MemberChanged,
    example: { ...membership, member: example.member },
  },
  'member.changed': {
    summary: 'The role of a member changed',
    params: shapes.MemberChanged,
    example: { ...membership, member: { ...example.member, role: 'admin' } },
  },
  'member.removed': {
    summary: 'An account is no longer a member of the channel',
    params: shapes.MemberRemoved,
    example: { ...membership, accountId: example.otherId },
  },
  'channel.changed': {
    summary: 'The channel was renamed or closed',
    params: shapes.ChannelChanged,
    example: { channel: example.channel },
  },
  ...presenceNotifications,
} as const satisfies NotificationTable;
