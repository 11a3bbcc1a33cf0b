import { actorOf } from '../caller.js';
import type { Deps, MemberCall } from '../deps.js';
import { assertKnown, assertMayManage } from '../domain/channel.js';
import { add } from '../domain/membership.js';
import { asMember, changeMembership } from './change-membership.js';

export const addMember =
  (deps: Deps): MemberCall<'add'> =>
  async ({ channelId, accountId, role }, context) => {
    const actor = actorOf(context.principal);
    // Checked here and again under the lock: a caller that may not manage the channel must not learn which accounts exist.
    const seen = await deps.channels.find(actor, { id: channelId });
    assertKnown(seen);
    assertMayManage(seen);
    await deps.accounts.assertExist([accountId], context);
    const decide = add(role, deps.limits.membersPerChannelMax);
    return asMember(await changeMembership(deps)(actor, channelId, accountId, decide));
  };
