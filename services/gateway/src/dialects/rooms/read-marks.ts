import type { AccountPrincipal, ChannelId } from '@parley/contracts';
import type { Core } from '../../core.js';

/** Marks a room read as far as it goes now, and says how many messages were not. */
export const markRead = async (core: Core, channelId: ChannelId, principal: AccountPrincipal): Promise<number> => {
  const [summary] = await core.chat.channel.summaries({ channelIds: [channelId] }, { principal });
  if (!summary || summary.unread === 0) return 0;
  await core.chat.receipt.record({ channelId, sequence: summary.head }, { principal });
  return summary.unread;
};
