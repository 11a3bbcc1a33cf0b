import { notFound } from '@parley/contracts';
import { assertSystem } from '../caller.js';
import type { Deps, MemberCall } from '../deps.js';

/** For a gateway that received a newer membership version and checks all its connections to a channel in one call. */
export const admittedMembers =
  ({ members }: Deps): MemberCall<'admitted'> =>
  async ({ channelId, accountIds }, { principal }) => {
    assertSystem(principal);
    const admitted = await members.admitted(principal.realm, channelId, accountIds);
    if (admitted === null) throw notFound('channel');
    return admitted;
  };
