import { AccountId, ChannelId, PresenceState, Timestamp } from '@parley/contracts';
import { z } from 'zod';

// Presence, receipts and preferences, as schemas.

const Count = z.int().min(0);

/** `lastSeenAt`: when the account was last connected; null while it is, and where unknown. */
export const AccountPresence = z.object({
  accountId: AccountId,
  state: PresenceState,
  lastSeenAt: Timestamp.nullable(),
});
export const PresenceCounts = z.object({ members: Count, online: Count, away: Count });
/** `accounts` is empty for a channel with more than 100 members; `counts` is null for a list of accounts. */
export const Presence = z.object({ accounts: z.array(AccountPresence), counts: PresenceCounts.nullable() });
export const PresenceCounted = PresenceCounts.extend({ channelId: ChannelId });

export const Preferences = z.object({ sharesReceipts: z.boolean(), invisible: z.boolean() });
export const PreferencesUpdate = Preferences.partial();

const Positions = z.object({ read: Count, delivered: Count });
/** How far an account has read and received a channel: sequences, 0 for nothing. */
export const Receipt = Positions.extend({ accountId: AccountId });
/** At least one of the two. */
export const ReceiptUpdate = Positions.partial().refine(
  ({ read, delivered }) => read !== undefined || delivered !== undefined,
  'Give read, delivered or both',
);
export const ReceiptPositions = Positions;
/** `total`: how many accounts have a position. `counts`: how many of them have read, and received, the sequence that was asked for. */
export const ReceiptList = z.object({
  positions: z.array(Receipt),
  total: Count,
  counts: Positions.nullable(),
});
/** `sequence` is the former name of `read`. */
export const ReceiptRecorded = Positions.extend({ sequence: Count });
export const ReceiptChanged = Receipt.extend({ channelId: ChannelId });
