import { channelPageBytes } from '@parley/contracts';
import { actorOf, viewerOf } from '../caller.js';
import type { ChannelCall, Deps } from '../deps.js';

export const listChannels =
  ({ channels }: Deps): ChannelCall<'list'> =>
  async ({ kinds, joined, before, limit }, { principal }) => {
    const viewer = joined ? actorOf(principal) : viewerOf(principal);
    const page = await channels.list(viewer, { kinds, joined, before, limit, bytesMax: channelPageBytes });
    return { channels: page.channels, next: page.more ? (page.channels.at(-1)?.number ?? null) : null };
  };
