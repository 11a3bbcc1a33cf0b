import { ChannelId, MessageId, Timestamp } from '@parley/contracts';
import type { AccountId, ChangeEntry, Entry } from '@parley/contracts';
import { z } from 'zod';
import {
  ContentView,
  CreatedMessageView,
  MentionsView,
  MessageView,
  SenderView,
  ThreadView,
  contentView,
  messageView,
  senderView,
  threadView,
} from './message-shapes.js';

// Entries of streams: in results and lists with their `kind`, in notifications with the sequence in the inbox.

const change = {
  channelId: ChannelId,
  /** The position of the change in the channel's stream. */
  sequence: z.int(),
  messageId: MessageId,
  /** The sequence of the message that it changes. */
  messageSequence: z.int(),
  actor: SenderView,
  clientId: z.string().nullable(),
  at: Timestamp,
};
const edited = { ...change, content: ContentView, mentions: MentionsView };
const deleted = { ...change, thread: ThreadView.nullable() };
/** `count`: the reactions with this emoji after the change. */
const reaction = { ...change, emoji: z.string(), count: z.int() };

export const EntryView = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('message.created'),
    sequence: z.int(),
    message: MessageView,
    thread: ThreadView.nullable(),
  }),
  z.object({ kind: z.literal('message.edited'), ...edited }),
  z.object({ kind: z.literal('message.deleted'), ...deleted }),
  z.object({ kind: z.literal('reaction.added'), ...reaction }),
  z.object({ kind: z.literal('reaction.removed'), ...reaction }),
  z.object({ kind: z.literal('message.pinned'), ...change }),
  z.object({ kind: z.literal('message.unpinned'), ...change }),
]);
export type EntryView = z.infer<typeof EntryView>;

const inInbox = { inboxSequence: z.int().optional() };

export const MessageCreated = z.object({ message: CreatedMessageView, thread: ThreadView.optional(), ...inInbox });
export const MessageEdited = z.object({ ...edited, ...inInbox });
export const MessageDeleted = z.object({ ...deleted, ...inInbox });
export const ReactionChanged = z.object({ ...reaction, ...inInbox });
export const MessagePinned = z.object({ ...change, ...inInbox });

/** The result of a change. `repeated`: it had been made before, and `entry` is the earlier one. */
export const MessageChanged = z.object({ entry: EntryView, repeated: z.boolean(), ...inInbox });

/** `reader`: the account whose ciphertext it may contain. */
export const entryView = (entry: Entry, reader: AccountId | null): EntryView =>
  entry.kind === 'message.created'
    ? {
        kind: entry.kind,
        sequence: entry.sequence,
        message: messageView(entry.message, reader),
        thread: entry.thread && threadView(entry.thread),
      }
    : ({ kind: entry.kind, ...changeView(entry, reader) } as EntryView);

/** A change without its kind, as its notification has it. */
export const changeView = (entry: ChangeEntry, reader: AccountId | null) => {
  const common = {
    channelId: entry.channelId,
    sequence: entry.sequence,
    messageId: entry.messageId,
    messageSequence: entry.messageSequence,
    actor: senderView(entry.actor),
    clientId: entry.clientId,
    at: entry.at,
  };
  switch (entry.kind) {
    case 'message.edited':
      return { ...common, content: contentView(entry.content, reader), mentions: entry.mentions };
    case 'message.deleted':
      return { ...common, thread: entry.thread && threadView(entry.thread) };
    case 'reaction.added':
    case 'reaction.removed':
      return { ...common, emoji: entry.emoji, count: entry.count };
    case 'message.pinned':
    case 'message.unpinned':
      return common;
  }
};
