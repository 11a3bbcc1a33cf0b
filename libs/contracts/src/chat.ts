import { z } from 'zod';
import { contract } from './contract.js';
import { AccountId, ChannelId, Timestamp } from './ids.js';
import { ChannelSnapshot, ClientId, Content, InboxPlace, Message, Origin } from './model.js';
import { text } from './text.js';
import { Target } from './topics.js';

/** A message and the place it took in the inbox that is being read. */
export const InboxEntry = z.object({ sequence: z.int().min(1), channel: ChannelSnapshot, message: Message });
export type InboxEntry = z.infer<typeof InboxEntry>;

/** `pending`: kept. `delivered`: written to a connection. `skipped`: it was too old, or there were too many. */
export const DeliveryState = z.enum(['pending', 'delivered', 'acknowledged', 'skipped']);
export type DeliveryState = z.infer<typeof DeliveryState>;

/** How far a stream goes: its last sequence, and the last one that retention took away (0: nothing). */
export const Head = z.object({ head: z.int().min(0), floor: z.int().min(0) });

/** Replies stay below the bus's limit: a page ends early when its messages reach this many bytes of JSON. */
export const pageBytesMax = 512 * 1024;

/** The age that counts, by the store's clock. Gateways of 0.1.0 name `since` alone, by theirs; the later ones send both, for chats of 0.1.0. */
const KeptMs = z.number().min(0).optional();

/** Messages, their order, and what each account has read. Owner: services/chat. */
export const chat = contract('chat', {
  message: {
    /**
     * Commits a message and answers after the commit; the same client id from the same sender in the same channel gives back
     * the message that is there (`repeated`). Faults of `topics.member.authorize`; `invalid` `not_direct` for ciphertext outside a direct channel,
     * `message_too_large` for what would not fit into a page.
     */
    send: {
      input: z.object({
        target: Target,
        clientId: ClientId,
        content: Content,
        raw: text(0, 131_072).optional(),
        origin: Origin.optional(),
      }),
      output: z.object({
        message: Message,
        channel: ChannelSnapshot,
        inbox: z.array(InboxPlace),
        repeated: z.boolean(),
      }),
      repeatable: true,
    },
    /**
     * A page of a channel's messages, always in ascending sequence: those after `after`, or the last ones before `before`
     * (or before the end). `more`: there are further ones in the direction read. What retention took is not there; `floor` says so.
     */
    list: {
      input: z.object({
        channelId: ChannelId,
        after: z.int().min(0).optional(),
        before: z.int().min(1).optional(),
        limit: z.int().min(1).max(500).default(50),
      }),
      output: z.object({ messages: z.array(Message), more: z.boolean(), head: z.int(), floor: z.int() }),
      repeatable: true,
      deadlineMs: 10_000,
    },
  },
  channel: {
    /** Heads of up to 1,000 channels and 1,000 inboxes; a stream that holds nothing yet has head 0. System callers. */
    heads: {
      input: z.object({
        channelIds: z.array(ChannelId).max(1000).default([]),
        accountIds: z.array(AccountId).max(1000).default([]),
      }),
      output: z.object({
        channels: z.array(Head.extend({ channelId: ChannelId })),
        inboxes: z.array(Head.extend({ accountId: AccountId })),
      }),
      repeatable: true,
    },
    /**
     * For up to 200 channels that the caller may read (others are left out): the last message, and how many of the others' messages
     * it has not read, counted among the newest 1,000. Last messages beyond `pageBytesMax` together are null: `list` has them.
     */
    summaries: {
      input: z.object({ channelIds: z.array(ChannelId).max(200) }),
      output: z.array(z.object({ channelId: ChannelId, last: Message.nullable(), unread: z.int(), head: z.int() })),
      repeatable: true,
    },
  },
  inbox: {
    /** A page of an account's direct messages in inbox order after `after`. The caller's own, or any for system callers. */
    list: {
      input: z.object({
        accountId: AccountId,
        after: z.int().min(0),
        limit: z.int().min(1).max(500).default(100),
      }),
      output: z.object({ entries: z.array(InboxEntry), more: z.boolean(), head: z.int(), floor: z.int() }),
      repeatable: true,
      deadlineMs: 10_000,
    },
    /**
     * The direct channels of the caller's inbox, each with the place of its newest message below `before` (left out: of all), newest first.
     * `next` is what to pass to go on, null at the end. A channel comes again on a further page when it has older messages there: whoever
     * pages passes over those that it has had.
     */
    chats: {
      input: z.object({ before: z.int().min(1).optional(), limit: z.int().min(1).max(200).default(50) }),
      output: z.object({
        chats: z.array(z.object({ channelId: ChannelId, sequence: z.int().min(1) })),
        next: z.int().min(1).nullable(),
      }),
      repeatable: true,
      deadlineMs: 10_000,
    },
  },
  /** How far an inbox was handed to its account, for wires whose clients have no sequence of their own. */
  place: {
    /**
     * Where the caller's inbox goes on: after the last message that was written to one of its connections. Only the newest within
     * the bounds are kept, older ones are skipped for good. `again`: written before and not acknowledged, for an account that has
     * acknowledged before, oldest first; `more`: `unacknowledged` has further ones.
     */
    resume: {
      input: z.object({
        countMax: z.int().min(1).max(5_000),
        bytesMax: z.int().min(1),
        since: Timestamp,
        keptMs: KeptMs,
      }),
      // Chat of the version before does not say whether there are more.
      output: z.object({ after: z.int(), head: z.int(), again: z.array(InboxEntry), more: z.boolean().default(false) }),
      repeatable: true,
    },
    /**
     * Of the messages of the caller's inbox after `after` and up to `upTo`, those that were written and not acknowledged, oldest first:
     * at most 200, within `pageBytesMax`.
     */
    unacknowledged: {
      input: z.object({ after: z.int().min(0), upTo: z.int().min(0), since: Timestamp, keptMs: KeptMs }),
      output: z.object({ entries: z.array(InboxEntry), more: z.boolean() }),
      repeatable: true,
    },
    /** Messages up to here were written to a connection; `awaiting`: those of them whose sender wants an acknowledgement. System callers. */
    advance: {
      input: z.object({
        places: z
          .array(z.object({ accountId: AccountId, sequence: z.int().min(0), awaiting: z.array(z.int()).max(1_000) }))
          .max(500),
      }),
      output: z.object({}),
      repeatable: true,
    },
    /** The caller has received what was sent to it under these references (what its sender's client id begins with, up to a slash). */
    acknowledge: {
      input: z.object({ references: z.array(ClientId).min(1).max(200) }),
      output: z.object({ acknowledged: z.int() }),
      repeatable: true,
    },
    /** What became of messages under a reference that the caller sent or received, newest first, one for each that it was sent to. */
    states: {
      input: z.object({ reference: ClientId }),
      output: z.array(z.object({ accountId: AccountId, state: DeliveryState, sentAt: Timestamp })),
      repeatable: true,
    },
    /** What an account has not received: for itself all of it, for others what they sent. At most 200, oldest first, within `pageBytesMax`. */
    undelivered: {
      input: z.object({ accountId: AccountId }),
      output: z.object({ entries: z.array(InboxEntry), more: z.boolean() }),
      repeatable: true,
    },
  },
  receipt: {
    /** Notes that the caller has read a channel up to a sequence; it never moves back. */
    record: {
      input: z.object({ channelId: ChannelId, sequence: z.int().min(0) }),
      output: z.object({ sequence: z.int() }),
      repeatable: true,
    },
  },
});
export type Chat = typeof chat;
