import { actorOf } from '../caller.js';
import type { Deps, MemberCall } from '../deps.js';
import { assertKnown, assertMayManage } from '../domain/channel.js';
import { remove } from '../domain/membership.js';
import { changeMembership } from './change-membership.js';

export const removeMember =
  (deps: Deps): MemberCall<'remove'> =>
  async ({ channelId, accountId }, context) => {
    const actor = actorOf(context.principal);
    const seen = await deps.channels.find(actor, { id: channelId });
    assertKnown(seen);
    assertMayManage(seen);
    const member = await deps.members.find(actor.realm, channelId, accountId);
    // A room bans accounts that are not members. They have to exist, or the number of bans would be unbounded.
    if (member === null && seen.channel.kind === 'room') await deps.accounts.assertExist([accountId], context);
    await changeMembership(deps)(actor, channelId, accountId, remove);
    return {};
  };
