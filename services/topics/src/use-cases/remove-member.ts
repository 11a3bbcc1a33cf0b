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
    // A room bars whoever is no member; only accounts that exist, or bars could be made without end.
    if (member === null && seen.channel.kind === 'room') await deps.accounts.assertExist([accountId], context);
    await changeMembership(deps)(actor, channelId, accountId, remove);
    return {};
  };
