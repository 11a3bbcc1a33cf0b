import type { ExecuteDeps, Handler } from '../deps.js';

/** Marks a channel as read up to its head. */
export const recordAll =
  ({ core, targets }: Pick<ExecuteDeps, 'core' | 'targets'>): Handler<'receipt.recordAll'> =>
  async ({ type, channel }, caller) => {
    const { principal } = caller;
    const channelId = await targets.channelOf(caller, channel);
    const [summary] = await core.chat.channel.summaries({ channelIds: [channelId] }, { principal });
    if (!summary || summary.unread === 0) return { type, unread: 0 };
    await core.chat.receipt.record({ channelId, sequence: summary.head, read: summary.head }, { principal });
    return { type, unread: summary.unread };
  };
