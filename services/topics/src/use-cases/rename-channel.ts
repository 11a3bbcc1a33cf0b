import { actorOf } from '../caller.js';
import type { ChannelCall, Deps } from '../deps.js';
import { assertKnown, assertMayManage } from '../domain/channel.js';

/** The slug does not change: other systems may have stored it. */
export const renameChannel =
  ({ channels, announce }: Deps): ChannelCall<'rename'> =>
  async ({ channelId, title }, { principal }) => {
    const { channel, changed } = await channels.change(actorOf(principal), channelId, (seen) => {
      assertKnown(seen);
      assertMayManage(seen);
      return seen.channel.title === title ? null : { title };
    });
    if (changed) announce.channel(channel);
    return channel;
  };
