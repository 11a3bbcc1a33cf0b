import { randomUUID } from 'node:crypto';
import type { Bus } from '@parley/bus';
import {
  type AccountId,
  type AccountPrincipal,
  type Authorization,
  type Channel,
  type ChannelId,
  type ChannelKind,
  Fault,
  type MemberRole,
  type Principal,
  type Target,
  contract,
  notFound,
  topics,
} from '@parley/contracts';

interface Held {
  channel: Channel;
  readonly members: Map<AccountId, MemberRole>;
}

/** The part of topics that chat calls, as its contract defines it: a service's tests start no other service. */
export interface FakeTopics {
  /** The number of calls. */
  asked: number;
  /** When set, replies wait for it. */
  gate: Promise<void> | undefined;
  channel(kind: ChannelKind, members?: readonly AccountPrincipal[], realm?: string): Channel;
  /** Ends a membership; with `isPublished: false` the event is lost. */
  remove(channelId: ChannelId, accountId: AccountId, options?: { readonly isPublished: boolean }): void;
  close(channelId: ChannelId): void;
  /** As the answer to the next question; no event is published. */
  setRole(channelId: ChannelId, accountId: AccountId, role: MemberRole): void;
}

export const fakeTopics = async (bus: Bus): Promise<FakeTopics> => {
  const channels = new Map<ChannelId, Held>();
  const directs = new Map<string, ChannelId>();
  const { authorize, filterReaders } = topics.nouns.member;
  const { memberCounts } = topics.nouns.channel;

  const add = (kind: ChannelKind, members: readonly AccountId[], realm: string): Channel => {
    const channel = aChannel(kind, realm, channels.size + 1);
    channels.set(channel.id, { channel, members: new Map(members.map((id) => [id, 'member'])) });
    return channel;
  };
  const directOf = (self: AccountPrincipal, other: AccountId): ChannelId => {
    const pair = [self.accountId, other].sort();
    const id = directs.get(pair.join()) ?? add('direct', pair, self.realm).id;
    directs.set(pair.join(), id);
    return id;
  };
  const find = (target: Target, principal: AccountPrincipal): Held => {
    const held = channels.get('channelId' in target ? target.channelId : directOf(principal, target.directWith));
    if (held === undefined || held.channel.realm !== principal.realm) throw notFound('channel');
    return held;
  };
  const copyOf = ({ channel }: Held) => ({ ...channel });

  const standIn: FakeTopics = {
    asked: 0,
    gate: undefined,
    channel: (kind, members = [], realm = 'main') =>
      add(
        kind,
        members.map(({ accountId }) => accountId),
        realm,
      ),
    remove: (channelId, accountId, { isPublished } = { isPublished: true }) => {
      const held = channels.get(channelId) as Held;
      held.members.delete(accountId);
      held.channel = { ...held.channel, membershipVersion: held.channel.membershipVersion + 1 };
      const event = { name: 'member.removed', realm: held.channel.realm, channel: copyOf(held), accountId };
      if (isPublished) bus.publish(event, [{ kind: 'channel', id: channelId }]);
    },
    close: (channelId) => {
      const held = channels.get(channelId) as Held;
      held.channel = { ...held.channel, closedAt: new Date().toISOString() };
      const event = { name: 'channel.changed', realm: held.channel.realm, channel: copyOf(held) };
      bus.publish(event, [{ kind: 'channel', id: channelId }]);
    },
    setRole: (channelId, accountId, role) => void channels.get(channelId)?.members.set(accountId, role),
  };
  await bus.serve(contract('topics', { channel: { memberCounts }, member: { authorize, filterReaders } }), {
    channel: {
      memberCounts: async ({ ids }) =>
        ids.flatMap((channelId) => {
          const held = channels.get(channelId);
          return held === undefined ? [] : [{ channelId, memberCount: held.members.size }];
        }),
    },
    member: {
      authorize: async ({ target, to }, { principal }) => {
        standIn.asked += 1;
        const held = find(target, account(principal));
        const answer = answerFor(held, account(principal).accountId, to);
        await standIn.gate;
        return answer;
      },
      filterReaders: async ({ channelId, accountIds }) => {
        const { channel, members } = channels.get(channelId) as Held;
        return {
          membershipVersion: channel.membershipVersion,
          accountIds: accountIds.filter((id) => channel.kind === 'room' || members.has(id)),
        };
      },
    },
  });
  return standIn;
};

const account = (principal: Principal): AccountPrincipal => {
  if (principal.kind !== 'account') throw new Fault('forbidden', 'account_needed', 'An account, please');
  return principal;
};

const answerFor = ({ channel, members }: Held, accountId: AccountId, to: string): Authorization => {
  if (channel.kind !== 'room' && !members.has(accountId)) {
    throw channel.kind === 'topic' ? new Fault('forbidden', 'not_member', 'Not a member') : notFound('channel');
  }
  if (channel.closedAt !== null && to === 'write') throw new Fault('forbidden', 'closed', 'The channel is closed');
  const audience =
    channel.kind === 'direct'
      ? [...members.keys()].map((id) => ({ kind: 'account' as const, id }))
      : [{ kind: 'channel' as const, id: channel.id }];
  return { channel: { ...channel }, role: members.get(accountId) ?? null, audience };
};

const aChannel = (kind: ChannelKind, realm: string, number: number): Channel => ({
  id: randomUUID() as ChannelId,
  number,
  realm,
  kind,
  slug: null,
  title: kind === 'direct' ? '' : `${kind} ${number}`,
  metadata: {},
  metadataText: null,
  membershipVersion: 1,
  createdBy: null,
  createdAt: '2026-01-01T00:00:00.000Z',
  closedAt: null,
});
