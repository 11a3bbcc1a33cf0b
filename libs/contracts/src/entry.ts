import { z } from 'zod';
import { AccountId, ChannelId, MessageId, Timestamp } from './ids.js';
import { AccountSummary, Content } from './model.js';
import { text } from './text.js';

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
