import { type ChannelId, type Client, type Realm, type Topics, asFault, deadlineIn } from '@parley/contracts';
import { type Log, atMost } from '@parley/runtime';
import { LRUCache } from 'lru-cache';

interface Deps {
  readonly topics: { readonly channel: Pick<Client<Topics>['channel'], 'memberCounts'> };
  readonly log: Log;
}

export interface MemberCounts {
  /** The numbers of members of these channels; unknown ones are left out. Never rejects. */
  of(realm: Realm, channelIds: readonly ChannelId[]): Promise<ReadonlyMap<ChannelId, number>>;
}

const heldMax = 10_000;
const maxAgeMs = 30_000;
const callMs = 1_000;

/** Asks topics, and keeps the answers for a while: the number decides only whether a group is too large for receipts. */
export const createMemberCounts = ({ topics, log }: Deps): MemberCounts => {
  const held = new LRUCache<ChannelId, number>({ ...atMost(heldMax), ttl: maxAgeMs });
  return {
    of: async (realm, channelIds) => {
      const unknown = [...new Set(channelIds)].filter((id) => !held.has(id));
      if (unknown.length > 0) {
        const principal = { kind: 'system', realm, service: 'chat' } as const;
        try {
          const counts = await topics.channel.memberCounts(
            { ids: unknown },
            { principal, deadline: deadlineIn(callMs) },
          );
          for (const { channelId, memberCount } of counts) held.set(channelId, memberCount);
        } catch (error) {
          log.warn({ reason: asFault(error).reason }, 'the numbers of members are not known now');
        }
      }
      return new Map(channelIds.flatMap((id) => (held.has(id) ? [[id, held.get(id) ?? 0]] : [])));
    },
  };
};
