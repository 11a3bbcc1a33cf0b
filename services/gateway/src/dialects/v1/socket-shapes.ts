import { AccountId, ChannelId, Timestamp } from '@parley/contracts';
import { z } from 'zod';
import { FaultCode } from './problem.js';
import { MessageView, ThreadView } from './message-shapes.js';
import { ChannelSummaryView, ChannelView, MemberView } from './shapes.js';

// Results and notifications of the socket, as schemas.

export const Sequence = z.int().min(0);

export const ErrorBody = z.object({
  code: z.int(),
  message: z.string(),
  data: z.object({ code: FaultCode, reason: z.string(), retryAfterMs: z.int().optional() }),
});

const Replayed = z.object({ outcome: z.literal('replayed'), count: Sequence, head: Sequence });
const Reset = z.object({ outcome: z.literal('reset'), head: Sequence, floor: Sequence });
const Refused = z.object({ outcome: z.literal('refused'), error: ErrorBody });

/** How a stream was resumed. */
export const ResumedStream = z.discriminatedUnion('outcome', [Replayed, Reset, Refused]);

export const Empty = z.object({});
export const Authenticated = z.object({ accountId: AccountId, expiresAt: Timestamp });
export const Refreshed = z.object({ expiresAt: Timestamp });
export const Resumed = z.object({
  inbox: ResumedStream.optional(),
  channels: z.record(z.string(), ResumedStream),
});
export const Attached = z.discriminatedUnion('outcome', [
  Replayed.extend({ channel: ChannelSummaryView }),
  Reset.extend({ channel: ChannelSummaryView }),
]);
export const SentMessage = MessageView.pick({
  id: true,
  number: true,
  channelId: true,
  sequence: true,
  sentAt: true,
}).extend({ inboxSequence: z.int().optional(), repeated: z.boolean(), thread: ThreadView.optional() });

export const SessionOpened = z.object({ connectionId: z.string(), accountId: AccountId, expiresAt: Timestamp });
export const TypingStarted = z.object({
  channelId: ChannelId,
  account: z.object({ id: AccountId, name: z.string() }),
});
export const MemberChanged = z.object({ channelId: ChannelId, membershipVersion: z.int(), member: MemberView });
export const MemberRemoved = z.object({ channelId: ChannelId, membershipVersion: z.int(), accountId: AccountId });
export const ChannelChanged = z.object({ channel: ChannelView });
export const GoAway = z.object({ reconnectAfterMs: z.int() });
