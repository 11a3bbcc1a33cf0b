import type { ExecuteDeps, Handler } from '../deps.js';

export const openDirect =
  ({ core }: Pick<ExecuteDeps, 'core'>): Handler<'channel.openDirect'> =>
  async ({ type, with: accountId }, { principal }) => {
    const channel = await core.topics.channel.openDirect({ with: accountId }, { principal });
    return { type, channel };
  };
