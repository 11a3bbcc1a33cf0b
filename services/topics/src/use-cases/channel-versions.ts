import { assertSystem } from '../caller.js';
import type { ChannelCall, Deps } from '../deps.js';

export const channelVersions =
  ({ channels }: Deps): ChannelCall<'versions'> =>
  async ({ ids }, { principal }) => {
    assertSystem(principal);
    return channels.versions(principal.realm, ids);
  };
