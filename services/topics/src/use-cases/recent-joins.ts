import { assertSystem } from '../caller.js';
import type { Deps, MemberCall } from '../deps.js';

/** For a gateway that holds connections of these accounts and cannot know which events the bus lost. */
export const recentJoins =
  ({ members }: Deps): MemberCall<'recentJoins'> =>
  async ({ accountIds, withinMs, after, limit }, { principal }) => {
    assertSystem(principal);
    const joins = await members.recentJoins(principal.realm, accountIds, { withinMs, after, limit });
    const last = joins.at(-1);
    const next = last && joins.length === limit ? { accountId: last.accountId, channelId: last.channelId } : null;
    return { joins, next };
  };
