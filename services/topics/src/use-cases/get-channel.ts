import { notFound } from '@parley/contracts';
import { viewerOf } from '../caller.js';
import type { ChannelCall, Deps } from '../deps.js';
import { isVisible } from '../domain/channel.js';

export const getChannel =
  ({ channels }: Deps): ChannelCall<'get'> =>
  async ({ reference }, { principal }) => {
    const seen = await channels.find(viewerOf(principal), reference);
    if (seen === null || !isVisible(seen)) throw notFound('channel');
    return seen.channel;
  };
