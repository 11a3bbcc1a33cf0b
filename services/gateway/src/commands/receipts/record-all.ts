import { visibilityOf } from '../../presence/visibility.js';
import type { ExecuteDeps, Handler } from '../deps.js';

type Deps = Pick<ExecuteDeps, 'core' | 'targets' | 'preferences'>;

/** Marks a channel as read up to its head. */
export const recordAll =
  ({ core, targets, preferences }: Deps): Handler<'receipt.recordAll'> =>
  async ({ type, channel }, caller) => {
    const { principal } = caller;
    const channelId = await targets.channelOf(caller, channel);
    const [summary] = await core.chat.channel.summaries({ channelIds: [channelId] }, { principal });
    if (!summary || summary.unread === 0) return { type, unread: 0 };
    const shared = visibilityOf(preferences.of(principal)).receipts;
    await core.chat.receipt.record({ channelId, sequence: summary.head, read: summary.head, shared }, { principal });
    return { type, unread: summary.unread };
  };
