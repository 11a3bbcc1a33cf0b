import { z } from 'zod';
import { messageOperations } from './chat-messages.js';
import { contract } from './contract.js';
import { Entry, Message } from './entry.js';
import { AccountId, ChannelId, MessageId, Timestamp } from './ids.js';
import { chatImport } from './imports.js';
import { ChannelSnapshot, Reference } from './model.js';

/** A message and its sequence in the inbox. */
export const InboxEntry = z.object({ sequence: z.int().min(1), channel: ChannelSnapshot, message: Message });
export type InboxEntry = z.infer<typeof InboxEntry>;

/** An entry of a direct channel and its sequence in the inbox. */
export const InboxStreamEntry = z.object({ sequence: z.int().min(1), channel: ChannelSnapshot, entry: Entry });
export type InboxStreamEntry = z.infer<typeof InboxStreamEntry>;

/** How far an account has read and received a channel: sequences of its stream, 0 for nothing. */
export const ReceiptPosition = z.object({ accountId: AccountId, read: z.int().min(0), delivered: z.int().min(0) });
export type ReceiptPosition = z.infer<typeof ReceiptPosition>;

/** `pending`: committed. `delivered`: written to a connection. `skipped`: too old, or beyond the limit of messages to deliver. */
export const DeliveryState = z.enum(['pending', 'delivered', 'acknowledged', 'skipped']);
export type DeliveryState = z.infer<typeof DeliveryState>;

/** How far an inbox was written to a connection. */
const Delivery = z.object({
  accountId: AccountId,
  sequence: z.int().min(0),
  ackRequired: z.array(z.int()).max(1_000),
});

/** `head`: the last sequence of a stream; `floor`: the last one that retention removed (0: none). */
export const Head = z.object({ head: z.int().min(0), floor: z.int().min(0) });

/** Keeps replies below the bus's limit: a page ends early when its messages reach this many bytes of JSON. */
export const pageBytesMax = 640 * 1024;

/**
 * The maximum age in milliseconds, by the store's clock. Gateways of 0.1.0 send only `since`, by their own clock; later ones send both, for
 * chats of 0.1.0.
 */
const KeptMs = z.number().min(0).optional();

/** Messages, their order, and what each account has read. Owner: services/chat. */
export const chat = contract('chat', {
  import: chatImport,
  message: messageOperations,
  channel: {
    /** Heads of up to 1,000 channels and 1,000 inboxes; an empty stream has head 0. System callers. */
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
      exact: true,
    },
    /**
     * A page of a channel's entries, in ascending sequence after `after`; without a gap, unless retention removed entries. What closes
     * gaps and resumes clients.
     */
    entries: {
      input: z.object({
        channelId: ChannelId,
        after: z.int().min(0),
        limit: z.int().min(1).max(500).default(100),
      }),
      output: z.object({ entries: z.array(Entry), more: z.boolean(), head: z.int(), floor: z.int() }),
      repeatable: true,
      deadlineMs: 10_000,
    },
    /**
     * For up to 200 channels that the caller may read (others are left out): the last message, how many messages it has not read, how many
     * of those mention it (at most 100 are counted), and its read position. Last messages beyond `pageBytesMax` together are null: `list`
     * has them.
     */
    summaries: {
      input: z.object({ channelIds: z.array(ChannelId).max(200) }),
      output: z.array(
        z.object({
          channelId: ChannelId,
          last: Message.nullable(),
          unread: z.int(),
          head: z.int(),
          mentions: z.int().default(0),
          read: z.int().default(0),
        }),
      ),
      repeatable: true,
    },
  },
  inbox: {
    /** A page of an account's direct messages in inbox order after `after`. The caller's own inbox, or any for system callers. */
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
    /** As `list`, with changes of messages, without a gap. */
    entries: {
      input: z.object({
        accountId: AccountId,
        after: z.int().min(0),
        limit: z.int().min(1).max(500).default(100),
      }),
      output: z.object({ entries: z.array(InboxStreamEntry), more: z.boolean(), head: z.int(), floor: z.int() }),
      repeatable: true,
      deadlineMs: 10_000,
    },
    /**
     * The direct channels of the caller's inbox, each with the inbox sequence of its newest message below `before` (default: of all),
     * newest first. `next` is the `before` of the next page, null at the end. A channel with older messages appears again on later pages:
     * the caller ignores those that it has already received.
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
  /**
   * Delivery state of an inbox: how far it was written to the account's connections, for dialects whose clients have no sequence of their
   * own.
   */
  delivery: {
    /**
     * Where delivery of the caller's inbox continues: after the last message that was written to one of its connections. Only the newest
     * messages within the bounds are delivered; older ones are skipped for good. `unacknowledged`: messages that were written but not
     * acknowledged, for an account that has acknowledged before, oldest first; `more`: the next operation returns further ones.
     */
    resume: {
      input: z.object({
        countMax: z.int().min(1).max(5_000),
        bytesMax: z.int().min(1),
        since: Timestamp,
        keptMs: KeptMs,
      }),
      output: z.object({
        after: z.int(),
        head: z.int(),
        unacknowledged: z.array(InboxEntry),
        // Chat of 0.1.0 does not send it.
        more: z.boolean().default(false),
      }),
      repeatable: true,
      former: { name: 'place.resume', output: { unacknowledged: 'again' } },
    },
    /**
     * The messages of the caller's inbox after `after` and up to `upTo` that were written but not acknowledged, oldest first: at most 200,
     * within `pageBytesMax`.
     */
    unacknowledged: {
      input: z.object({ after: z.int().min(0), upTo: z.int().min(0), since: Timestamp, keptMs: KeptMs }),
      output: z.object({ entries: z.array(InboxEntry), more: z.boolean() }),
      repeatable: true,
      former: { name: 'place.unacknowledged' },
    },
    /**
     * Messages up to `sequence` were written to a connection; `ackRequired`: the sequences among them that require an acknowledgement.
     * System callers.
     */
    advance: {
      input: z.object({ deliveries: z.array(Delivery).max(500) }),
      output: z.object({}),
      repeatable: true,
      former: {
        name: 'place.advance',
        input: { deliveries: { formerly: 'places', fields: { ackRequired: 'awaiting' } } },
      },
    },
    /** The caller has received the messages with these references. */
    acknowledge: {
      input: z.object({ references: z.array(Reference).min(1).max(200) }),
      output: z.object({ acknowledged: z.int() }),
      repeatable: true,
      former: { name: 'place.acknowledge' },
    },
    /** Delivery states of the messages with a reference that the caller sent or received, newest first, one per recipient. */
    states: {
      input: z.object({ reference: Reference }),
      output: z.array(z.object({ accountId: AccountId, state: DeliveryState, sentAt: Timestamp })),
      repeatable: true,
      former: { name: 'place.states' },
    },
    /**
     * Messages that an account has not received: all of them for the account itself, for others those that they sent. At most 200, oldest
     * first, within `pageBytesMax`.
     */
    undelivered: {
      input: z.object({ accountId: AccountId }),
      output: z.object({ entries: z.array(InboxEntry), more: z.boolean() }),
      repeatable: true,
      former: { name: 'place.undelivered' },
    },
  },
  receipt: {
    /**
     * Moves the caller's positions in a channel forward: `read` (`sequence` is its former name) and `delivered`; what was read counts as
     * delivered. Positions never move back and never pass the head; the answer has them as they are now.
     */
    record: {
      input: z.object({
        channelId: ChannelId,
        sequence: z.int().min(0).optional(),
        read: z.int().min(0).optional(),
        delivered: z.int().min(0).optional(),
        /** Whether others may see the positions from now on; left out: as before, at first yes. */
        shared: z.boolean().optional(),
      }),
      output: z.object({ sequence: z.int(), read: z.int().optional(), delivered: z.int().optional() }),
      repeatable: true,
    },
    /**
     * The same for many channels of many accounts in one statement; each account and channel at most once. Answers with the positions as
     * they are now, in any order; those of channels that do not exist are left out. The caller has checked that the accounts may read the
     * channels. System callers.
     */
    recordMany: {
      input: z.object({
        positions: z.array(ReceiptPosition.extend({ channelId: ChannelId, shared: z.boolean().optional() })).max(1_000),
      }),
      output: z.object({ positions: z.array(ReceiptPosition.extend({ channelId: ChannelId })) }),
      repeatable: true,
    },
    /**
     * The positions of a channel's accounts that share them, of up to 100 accounts; `total`: how many accounts have a position. `at`: how
     * many have read, and received, that sequence.
     */
    list: {
      input: z.object({ channelId: ChannelId, at: z.int().min(1).optional() }),
      output: z.object({
        positions: z.array(ReceiptPosition),
        total: z.int(),
        counts: z.object({ read: z.int(), delivered: z.int() }).nullable(),
      }),
      repeatable: true,
    },
    /** Moves the caller's position in a thread forward. */
    recordThread: {
      input: z.object({ rootId: MessageId, sequence: z.int().min(0) }),
      output: z.object({ sequence: z.int(), unread: z.int() }),
      repeatable: true,
    },
  },
});
export type Chat = typeof chat;
