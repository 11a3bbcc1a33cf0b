import { notFound } from '@parley/contracts';
import { assertSystem } from '../caller.js';
import type { Deps, MemberCall } from '../deps.js';

/** For a gateway that received a newer membership version and checks all its connections to a channel in one call. */
export const filterReaders =
  ({ members }: Deps): MemberCall<'filterReaders'> =>
  async ({ channelId, accountIds }, { principal }) => {
    assertSystem(principal);
    const readers = await members.filterReaders(principal.realm, channelId, accountIds);
    if (readers === null) throw notFound('channel');
    return readers;
  };
