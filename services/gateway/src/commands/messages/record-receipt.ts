import { deadlineIn } from '@parley/contracts';
import type { ExecuteDeps, Handler } from '../deps.js';

export const recordReceipt =
  ({ core, timings }: Pick<ExecuteDeps, 'core' | 'timings'>): Handler<'receipt.record'> =>
  async ({ channelId, sequence }, { principal }) => {
    const options = { principal, deadline: deadlineIn(timings.callMs) };
    const recorded = await core.chat.receipt.record({ channelId, sequence }, options);
    return { type: 'receipt.record', sequence: recorded.sequence };
  };
