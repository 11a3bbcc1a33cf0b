import { assertSystem } from '../caller.js';
import type { ChannelCall, Deps } from '../deps.js';

export const memberCounts =
  ({ channels }: Deps): ChannelCall<'memberCounts'> =>
  async ({ ids }, { principal }) => {
    assertSystem(principal);
    return channels.memberCounts(principal.realm, ids);
  };
