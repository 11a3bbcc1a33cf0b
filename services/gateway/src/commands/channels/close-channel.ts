import type { ExecuteDeps, Handler } from '../deps.js';

export const closeChannel =
  ({ core }: Pick<ExecuteDeps, 'core'>): Handler<'channel.close'> =>
  async ({ type, channelId }, { principal }) => {
    const channel = await core.topics.channel.close({ channelId }, { principal });
    return { type, channel };
  };
