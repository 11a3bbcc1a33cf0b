import { otherId } from './examples.js';

export { channelId } from './examples.js';

// Examples of presence, receipts and preferences for the documents of this dialect.

export const accountPresence = {
  accountId: otherId,
  state: 'offline' as const,
  lastSeenAt: '2026-01-31T11:58:00.000Z',
};
const presenceCounts = { members: 2, online: 1, away: 0 };
export const presence = { accounts: [accountPresence], counts: presenceCounts };
export const preferences = { sharesReceipts: true, invisible: false };
export const receipt = { accountId: otherId, read: 347, delivered: 349 };

/** By the name of the schema. */
export const presenceExamples: Readonly<Record<string, unknown>> = {
  AccountPresence: accountPresence,
  PresenceCounts: presenceCounts,
  Presence: presence,
  PresenceState: 'offline',
  Preferences: preferences,
  PreferencesUpdate: { invisible: true },
  Receipt: receipt,
  ReceiptUpdate: { read: 348 },
  ReceiptPositions: { read: 348, delivered: 349 },
  ReceiptList: { positions: [receipt], total: 1, counts: null },
};
