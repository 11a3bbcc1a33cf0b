import { actorOf } from '../caller.js';
import type { ChannelCall, Deps } from '../deps.js';

export const listDirects =
  ({ channels }: Deps): ChannelCall<'directs'> =>
  ({ ids }, { principal }) =>
    channels.directs(actorOf(principal), ids);
