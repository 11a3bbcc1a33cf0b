import { actorOf } from '../caller.js';
import type { ChannelCall, Deps } from '../deps.js';
import { assertKnown, assertOwns } from '../domain/channel.js';

export const closeChannel =
  ({ channels, announce }: Deps): ChannelCall<'close'> =>
  async ({ channelId }, { principal }) => {
    const { channel, changed } = await channels.change(actorOf(principal), channelId, (seen) => {
      assertKnown(seen);
      assertOwns(seen);
      return seen.channel.closedAt === null ? { closed: true } : null;
    });
    if (changed) announce.channel(channel);
    return channel;
  };
