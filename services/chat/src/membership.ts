import type { Bus } from '@parley/bus';
import { ChannelChanged, MemberAdded, MemberChanged, MemberRemoved, everyScopeOf } from '@parley/contracts';
import type { Authorizer } from './use-cases/authorize.js';

/** Invalidates the authorizer's cache on the events of topics. Not a queue subscription: each replica has a cache of its own. */
export const followMembership = async (bus: Bus, authorizer: Authorizer): Promise<{ stop(): void }> => {
  const changed = ({ channel, member }: MemberEvent): void =>
    authorizer.memberChanged(channel.id, member.accountId, channel.membershipVersion);
  const listenings = await Promise.all([
    bus.listen(everyScopeOf('member.added', 'channel'), MemberAdded, changed),
    bus.listen(everyScopeOf('member.changed', 'channel'), MemberChanged, changed),
    bus.listen(everyScopeOf('member.removed', 'channel'), MemberRemoved, ({ channel, accountId }) =>
      authorizer.memberChanged(channel.id, accountId, channel.membershipVersion),
    ),
    bus.listen(everyScopeOf('channel.changed', 'channel'), ChannelChanged, ({ channel }) =>
      authorizer.channelChanged(channel.id),
    ),
  ]);
  const unwatch = bus.onConnectionChange(() => authorizer.forgetAll());
  return {
    stop: () => {
      unwatch();
      for (const listening of listenings) listening.stop();
    },
  };
};

type MemberEvent = ReturnType<typeof MemberAdded.parse> | ReturnType<typeof MemberChanged.parse>;
