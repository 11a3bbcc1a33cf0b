import { actorOf } from '../caller.js';
import type { Deps, MemberCall } from '../deps.js';
import { leave } from '../domain/membership.js';
import { changeMembership } from './change-membership.js';

export const leaveChannel =
  (deps: Deps): MemberCall<'leave'> =>
  async ({ channelId }, { principal }) => {
    const actor = actorOf(principal);
    await changeMembership(deps)(actor, channelId, actor.accountId, leave);
    return {};
  };
