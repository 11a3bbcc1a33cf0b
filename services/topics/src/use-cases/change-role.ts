import { actorOf } from '../caller.js';
import type { Deps, MemberCall } from '../deps.js';
import { setRole } from '../domain/membership.js';
import { asMember, changeMembership } from './change-membership.js';

export const changeRole =
  (deps: Deps): MemberCall<'setRole'> =>
  async ({ channelId, accountId, role }, { principal }) =>
    asMember(await changeMembership(deps)(actorOf(principal), channelId, accountId, setRole(role)));
