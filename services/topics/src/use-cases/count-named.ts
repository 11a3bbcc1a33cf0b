import { assertSystem } from '../caller.js';
import type { ChannelCall, Deps } from '../deps.js';

/** Channels are never removed and keep their slugs, so a list that begins at `newest` has exactly `count` of them. */
export const countNamed =
  ({ channels }: Deps): ChannelCall<'countNamed'> =>
  async ({ kinds }, { principal }) => {
    assertSystem(principal);
    return channels.countNamed(principal.realm, kinds);
  };
