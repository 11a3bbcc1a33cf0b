import type { AccountId, MemberRole } from '@parley/contracts';
import { viewerOf } from '../caller.js';
import type { ChannelCall, Deps } from '../deps.js';
import { slugFor } from '../domain/channel.js';
import { mayCreate } from '../domain/limits.js';

/** Parley itself may make channels too (for sample data); these have no owner. */
export const createChannel =
  ({ channels, accounts, announce, limits }: Deps): ChannelCall<'create'> =>
  async ({ kind, title, slug, metadata, metadataText, memberIds, asMember, creationKey }, context) => {
    const { realm, accountId } = viewerOf(context.principal);
    const others = [...new Set(memberIds)].filter((id) => id !== accountId);
    const wish = slugFor(kind, title, slug);
    if (others.length > 0) await accounts.assertExist(others, context);
    const first = accountId === null || !asMember ? [] : [as('owner')(accountId)];
    const { channel, members } = await channels.create(
      {
        realm,
        kind,
        title,
        slug: wish,
        metadata,
        metadataText: metadataText ?? null,
        createdBy: accountId,
        creationKey: creationKey ?? null,
        members: [...first, ...others.map(as('member'))],
      },
      mayCreate(limits.channelsPerAccountMax),
    );
    announce.created(channel, members);
    return channel;
  };

const as = (role: MemberRole) => (accountId: AccountId) => ({ accountId, role });
