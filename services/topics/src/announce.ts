import type { Bus } from '@parley/bus';
import type { Channel, ChannelSnapshot, BusEvent, Member, Scope } from '@parley/contracts';
import type { Changed } from './store/members.js';

/** Publishes changes. Never called before the commit: an event cannot be taken back after a rollback. */
export interface Announce {
  members(channel: Channel, changes: readonly Changed[]): void;
  /** The first members of a new channel, in the order in which they joined. */
  created(channel: Channel, members: readonly Member[]): void;
  channel(channel: Channel): void;
}

export const announceOn = (bus: Pick<Bus, 'publish'>): Announce => {
  const announce = (event: BusEvent, audience: readonly Scope[]): void => bus.publish(event, audience);
  const members: Announce['members'] = (channel, changes) => {
    for (const change of changes) {
      const accountId = change.what === 'removed' ? change.accountId : change.member.accountId;
      announce(memberEvent(channel, change), [
        { kind: 'channel', id: channel.id },
        { kind: 'account', id: accountId },
      ]);
    }
  };
  return {
    members,
    created: (channel, added) =>
      members(
        channel,
        added.map((member, index) => ({ what: 'added', version: index + 1, member })),
      ),
    channel: (channel) =>
      announce({ name: 'channel.changed', realm: channel.realm, channel }, [{ kind: 'channel', id: channel.id }]),
  };
};

const memberEvent = (channel: Channel, change: Changed): BusEvent => {
  const about = { realm: channel.realm, channel: snapshotAt(channel, change.version) };
  switch (change.what) {
    case 'added':
      return { name: 'member.added', ...about, member: change.member };
    case 'changed':
      return { name: 'member.changed', ...about, member: change.member };
    case 'removed':
      return { name: 'member.removed', ...about, accountId: change.accountId };
  }
};

/** Each event carries the version that its change made, so that a subscriber that receives all of them sees no gap. */
const snapshotAt = (channel: Channel, membershipVersion: number): ChannelSnapshot => ({
  id: channel.id,
  number: channel.number,
  kind: channel.kind,
  slug: channel.slug,
  title: channel.title,
  membershipVersion,
});
