import type { AccountId, ChannelId, Member } from '@parley/contracts';
import type { Deps } from '../deps.js';
import type { Decide } from '../domain/membership.js';
import type { Viewer } from '../store/channels.js';

/** Changes who is in a channel: decides under its lock, publishes after the commit. Returns the target's membership afterwards. */
export const changeMembership =
  ({ members, announce }: Pick<Deps, 'members' | 'announce'>) =>
  async (actor: Viewer, channelId: ChannelId, targetId: AccountId, decide: Decide): Promise<Member | null> => {
    const { channel, member, changes } = await members.change(actor, channelId, targetId, decide);
    announce.members(channel, changes);
    return member;
  };

/** For changes that always leave the target a member. */
export const asMember = (member: Member | null): Member => {
  if (member === null) throw new Error('The change left no member behind');
  return member;
};
