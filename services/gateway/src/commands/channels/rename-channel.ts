import type { ExecuteDeps, Handler } from '../deps.js';

export const renameChannel =
  ({ core }: Pick<ExecuteDeps, 'core'>): Handler<'channel.rename'> =>
  async ({ type, channelId, title }, { principal }) => {
    const channel = await core.topics.channel.rename({ channelId, title }, { principal });
    return { type, channel };
  };
