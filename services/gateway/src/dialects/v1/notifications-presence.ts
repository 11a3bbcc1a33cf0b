import type { NotificationTable } from '../../protocol/methods.js';
import * as example from './examples-presence.js';
import * as shapes from './presence-shapes.js';

/** The notifications about presence, receipts and preferences. */
export const presenceNotifications = {
  'presence.changed': {
    summary: 'The presence of an account that the connection is subscribed to changed',
    params: shapes.AccountPresence,
    example: example.accountPresence,
  },
  'presence.counted': {
    summary: 'How many members of a channel with more than 100 are online and away; at most once in a second',
    params: shapes.PresenceCounted,
    example: { channelId: example.channelId, members: 1250, online: 310, away: 42 },
  },
  'receipt.changed': {
    summary: 'An account has read or received more of a channel: the own account, the partner, or a member of a group',
    params: shapes.ReceiptChanged,
    example: { channelId: example.channelId, ...example.receipt },
  },
  'preferences.changed': {
    summary: 'The own account changed its preferences, on any of its devices',
    params: shapes.Preferences,
    example: example.preferences,
  },
} as const satisfies NotificationTable;
