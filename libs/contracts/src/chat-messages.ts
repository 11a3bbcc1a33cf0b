import { z } from 'zod';
import { Emoji, Entry, Message, ThreadSummary } from './entry.js';
import { faultCodes } from './fault.js';
import { AccountId, ChannelId, MessageId, Timestamp } from './ids.js';
import { AccountSummary, ChannelSnapshot, ClientId, Content, InboxPosition, Origin, Reference } from './model.js';
import { text } from './text.js';
import { Target } from './topics.js';

/** The input of a change. The same client id from the same account in the same channel returns the first change (`repeated`). */
const changeInput = { messageId: MessageId, clientId: ClientId, origin: Origin.optional() };
/** `repeated`: the change had been made before, by this call or by another with the same effect; then `entry` is the earlier one. */
const changeOutput = z.object({
  entry: Entry,
  channel: ChannelSnapshot,
  inbox: z.array(InboxPosition),
  repeated: z.boolean(),
});
const change = { input: z.object(changeInput), output: changeOutput, repeatable: true } as const;
const reaction = { ...change, input: z.object({ ...changeInput, emoji: Emoji }) } as const;

/** Where a page is: after a sequence, before one, or around one or the first message at or after a time; at most one of them. */
const pagePosition = {
  after: z.int().min(0).optional(),
  before: z.int().min(1).optional(),
  around: z.int().min(0).optional(),
  aroundTime: Timestamp.optional(),
  limit: z.int().min(1).max(500).default(50),
};
/** `head`: the sequence up to which every change is part of these messages. `moreBefore`, `moreAfter`: there are further messages. */
const messagePage = z.object({
  messages: z.array(Message),
  more: z.boolean(),
  moreBefore: z.boolean().optional(),
  moreAfter: z.boolean().optional(),
  head: z.int(),
  floor: z.int(),
});

const send = z.object({
  target: Target,
  clientId: ClientId,
  /** By which readers acknowledge the message, and its sender asks for its delivery states. */
  reference: Reference.optional(),
  content: Content,
  raw: text(0, 131_072).optional(),
  origin: Origin.optional(),
  membersOnly: z.boolean().optional(),
  /** A message of the same channel that this one answers; `not_found` `message_not_found`. */
  replyTo: MessageId.optional(),
  /** The thread that the message belongs to. A reply to a reply belongs to the thread of the first. */
  threadRoot: MessageId.optional(),
  /** Whether the channel shows a reply in a thread, too. */
  alsoInChannel: z.boolean().default(false),
});
const sent = z.object({
  message: Message,
  channel: ChannelSnapshot,
  inbox: z.array(InboxPosition),
  repeated: z.boolean(),
  thread: ThreadSummary.nullable().default(null),
});
export type SendInput = z.output<typeof send>;
export type Sent = z.input<typeof sent>;

/** Sends in one `sendMany`. */
export const sendManyMax = 32;

/** A fault of one item of a list. */
const Refusal = z.object({
  code: z.enum(faultCodes),
  reason: z.string(),
  message: z.string(),
  retryAfterMs: z.number().optional(),
});
export type Refusal = z.infer<typeof Refusal>;

/** Operations of `chat.message`. */
export const messageOperations = {
  /**
   * Commits a message and answers after the commit; the same client id from the same sender in the same channel returns the existing
   * message (`repeated`). Faults of `topics.member.authorize`; `invalid` `not_direct` for ciphertext outside a direct channel,
   * `message_too_large` for a message that would not fit into a page. `membersOnly`: also in a room, only a member may send
   * (`forbidden` `not_member`).
   */
  send: {
    input: send,
    output: sent,
    repeatable: true,
    exact: true,
    frequent: true,
  },
  /**
   * Messages of one sender, each as by `send`, in this order: what arrived of a connection while an earlier one was answered. Each has its own
   * result or fault, and a fault of one does not concern the others. After an `unavailable` one that was not attempted, none is.
   */
  sendMany: {
    input: z.object({ sends: z.array(send).min(1).max(sendManyMax) }),
    output: z.object({ results: z.array(z.union([sent, z.object({ refused: Refusal })])) }),
    repeatable: true,
    exact: true,
    frequent: true,
  },
  /**
   * Replaces the content of the caller's own message. `forbidden` `not_sender`, `conflict` `message_deleted`, `forbidden`
   * `edit_window_over`; encrypted content as in `send`.
   */
  edit: { ...change, input: z.object({ ...changeInput, content: Content }) },
  /** Own messages; moderators (owners and admins of the channel) any. Empties the text everywhere. `forbidden` `not_sender`. */
  delete: change,
  /** One reaction per account, message and emoji. `invalid` `not_an_emoji`, `conflict` `message_deleted`, `too_many_reactions`. */
  react: reaction,
  /** Removes the caller's own reaction; without one it is answered as repeated, with the last entry of the message. */
  unreact: reaction,
  /** Moderators; both participants of a direct channel. `forbidden` `not_moderator`; at most 100 pins (`conflict` `too_many_pins`). */
  pin: change,
  unpin: change,
  /** One message in its current form, by its id or its number. `not_found` `message_not_found`. */
  get: {
    input: z.union([z.object({ messageId: MessageId }), z.object({ number: z.int().min(1) })]),
    output: Message,
    repeatable: true,
  },
  /** The earlier forms of a message, oldest first, the current one last. Moderators (`forbidden` `not_moderator`). */
  versions: {
    input: z.object({ messageId: MessageId }),
    output: z.array(z.object({ content: Content, actor: AccountSummary, at: Timestamp })),
    repeatable: true,
  },
  /** Who reacted to a message, in the order of the reactions, of at most 500 reactions; those of one emoji, if it is given. */
  reactions: {
    input: z.object({ messageId: MessageId, emoji: Emoji.optional() }),
    output: z.array(z.object({ emoji: Emoji, accountId: AccountId })),
    repeatable: true,
  },
  /** The replies of a thread, always in ascending sequence, and its root. `unread`: replies after the caller's position there. */
  thread: {
    input: z.object({ rootId: MessageId, ...pagePosition }),
    output: messagePage.extend({ root: Message, unread: z.int(), read: z.int() }),
    repeatable: true,
    deadlineMs: 10_000,
  },
  /** The pinned messages of a channel, the last pinned first; at most 100. */
  pins: { input: z.object({ channelId: ChannelId }), output: z.array(Message), repeatable: true },
  /**
   * Messages that mention the caller, newest first, over all its channels or in one. `next`: the `before` of the next page, a message's
   * `number`.
   */
  mentions: {
    input: z.object({
      channelId: ChannelId.optional(),
      before: z.int().min(1).optional(),
      limit: z.int().min(1).max(100).default(50),
    }),
    output: z.object({ messages: z.array(Message), next: z.int().nullable() }),
    repeatable: true,
  },
  /**
   * A page of a channel's messages, always in ascending sequence: those after `after`, or the last ones before `before` (or before the
   * end). `more`: there are further ones in that direction. Messages that retention removed are missing; `floor` shows it.
   */
  list: {
    input: z.object({ channelId: ChannelId, ...pagePosition }),
    output: messagePage,
    repeatable: true,
    deadlineMs: 10_000,
  },
} as const;
