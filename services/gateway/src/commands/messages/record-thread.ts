import { deadlineIn } from '@parley/contracts';
import type { ExecuteDeps, Handler } from '../deps.js';

export const recordThread =
  ({ core, timings }: Pick<ExecuteDeps, 'core' | 'timings'>): Handler<'receipt.recordThread'> =>
  async ({ type, rootId, sequence }, { principal }) => {
    const options = { principal, deadline: deadlineIn(timings.callMs) };
    return { type, ...(await core.chat.receipt.recordThread({ rootId, sequence }, options)) };
  };
