import type { ChannelInfo, LiveChannel } from '@parley/client';
import { useWatchable } from '../state/use-watchable.js';
import { useChannels } from './use-channels.js';

/** What the channel is: as it was loaded, or as the list knows it until then. */
export const useChannelInfo = (channel: LiveChannel): ChannelInfo | null => {
  const info = useWatchable(channel.info);
  const channels = useChannels();
  return info ?? channels.find(({ id }) => id === channel.id) ?? null;
};
