import type { AccountPrincipal, ChannelId } from '@parley/contracts';
import type { Core } from '../../core.js';

/** Marks a room as read up to its head, and returns the number of messages that were unread. */
export const markRead = async (core: Core, channelId: ChannelId, principal: AccountPrincipal): Promise<number> => {
  const [summary] = await core.chat.channel.summaries({ channelIds: [channelId] }, { principal });
  if (!summary || summary.unread === 0) return 0;
  await core.chat.receipt.record({ channelId, sequence: summary.head }, { principal });
  return summary.unread;
};
