import { actorOf } from '../caller.js';
import type { Deps, MemberCall } from '../deps.js';
import { join } from '../domain/membership.js';
import { asMember, changeMembership } from './change-membership.js';

export const joinChannel =
  (deps: Deps): MemberCall<'join'> =>
  async ({ channelId }, { principal }) => {
    const actor = actorOf(principal);
    // Most joins are of a member already, which needs no lock to find out.
    const there = await deps.members.find(actor.realm, channelId, actor.accountId);
    if (there !== null) return there;
    const decide = join(deps.limits.membersPerChannelMax);
    return asMember(await changeMembership(deps)(actor, channelId, actor.accountId, decide));
  };
