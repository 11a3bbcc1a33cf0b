import { AccountId, ChannelId, MessageId, Timestamp, text } from '@parley/contracts';
import type { AccountId as Reader, AccountSummary, Message, ThreadSummary } from '@parley/contracts';
import { z } from 'zod';

// Messages, as schemas (for parsing and the documents) and as functions from the model.

export const SenderView = z.object({ id: AccountId, name: z.string(), handle: z.string() });

export const TextContentView = z.object({ type: z.literal('text'), text: z.string() });
export const EncryptedContentView = z.object({
  type: z.literal('encrypted'),
  mediaType: z.string(),
  ciphertext: z.string().nullable(),
});
export const ContentView = z.discriminatedUnion('type', [TextContentView, EncryptedContentView]);
export type ContentView = z.infer<typeof ContentView>;

/** The content that a client of this dialect can send: plain text, not empty. */
export const SendableContent = z.object({ type: z.literal('text'), text: text(1, 16_384) });

export const ReactionView = z.object({ emoji: z.string(), count: z.int(), mine: z.boolean() });
export const MentionsView = z.object({ accountIds: z.array(AccountId), channel: z.boolean() });
export const ThreadView = z.object({
  rootId: MessageId,
  replyCount: z.int(),
  lastReplyAt: Timestamp.nullable(),
});
type ThreadView = z.infer<typeof ThreadView>;

const base = {
  id: MessageId,
  number: z.int(),
  channelId: ChannelId,
  sequence: z.int(),
  sender: SenderView,
  clientId: z.string().nullable(),
  content: ContentView,
  sentAt: Timestamp,
};

const changeable = {
  editedAt: Timestamp.nullable(),
  /** With a time, the message is a tombstone: its text is empty. */
  deletedAt: Timestamp.nullable(),
  replyTo: MessageId.nullable(),
  threadRoot: MessageId.nullable(),
  /** false: a reply that only its thread shows. */
  inChannel: z.boolean(),
  replyCount: z.int(),
  lastReplyAt: Timestamp.nullable(),
  reactions: z.array(ReactionView),
  mentions: MentionsView,
  pinnedAt: Timestamp.nullable(),
};

export const MessageView = z.object({ ...base, ...changeable });
export type MessageView = z.infer<typeof MessageView>;

/** As `MessageView`, without the fields whose value is the default: what thousands of listeners receive of a new message. */
export const CreatedMessageView = z.object({ ...base, ...z.object(changeable).partial().shape });
type CreatedMessageView = z.infer<typeof CreatedMessageView>;

export const senderView = ({ id, name, handle }: AccountSummary): z.infer<typeof SenderView> => ({ id, name, handle });

/** A reader gets its own ciphertext and no other's. */
export const messageView = (message: Message, reader: Reader | null): MessageView => ({
  ...baseView(message, reader),
  editedAt: message.editedAt,
  deletedAt: message.deletedAt,
  replyTo: message.replyTo,
  threadRoot: message.threadRoot,
  inChannel: message.inChannel,
  replyCount: message.replyCount,
  lastReplyAt: message.lastReplyAt,
  reactions: message.reactions,
  mentions: message.mentions,
  pinnedAt: message.pinnedAt,
});

export const createdMessageView = (message: Message, reader: Reader | null): CreatedMessageView => ({
  ...baseView(message, reader),
  ...(message.editedAt !== null && { editedAt: message.editedAt }),
  ...(message.deletedAt !== null && { deletedAt: message.deletedAt }),
  ...(message.replyTo !== null && { replyTo: message.replyTo }),
  ...(message.threadRoot !== null && { threadRoot: message.threadRoot }),
  ...(!message.inChannel && { inChannel: false }),
  ...(message.replyCount > 0 && { replyCount: message.replyCount }),
  ...(message.lastReplyAt !== null && { lastReplyAt: message.lastReplyAt }),
  ...(message.reactions.length > 0 && { reactions: message.reactions }),
  ...((message.mentions.channel || message.mentions.accountIds.length > 0) && { mentions: message.mentions }),
  ...(message.pinnedAt !== null && { pinnedAt: message.pinnedAt }),
});

const baseView = (message: Message, reader: Reader | null) => ({
  id: message.id,
  number: message.number,
  channelId: message.channelId,
  sequence: message.sequence,
  sender: senderView(message.sender),
  clientId: message.clientId,
  content: contentView(message.content, reader),
  sentAt: message.sentAt,
});

export const contentView = (content: Message['content'], reader: Reader | null): ContentView => {
  if (content.type === 'text') return { type: 'text', text: content.text };
  const ciphertext = (reader && content.byReader[reader]) ?? null;
  return { type: 'encrypted', mediaType: content.mediaType, ciphertext };
};

export const threadView = ({ rootId, replyCount, lastReplyAt }: ThreadSummary): ThreadView => ({
  rootId,
  replyCount,
  lastReplyAt,
});
