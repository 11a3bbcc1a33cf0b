import { viewerOf } from '../caller.js';
import type { Deps, MemberCall } from '../deps.js';
import { assertKnown, assertMayRead } from '../domain/channel.js';

export const listMembers =
  ({ channels, members }: Deps): MemberCall<'list'> =>
  async ({ channelId, after, limit }, { principal }) => {
    const viewer = viewerOf(principal);
    const seen = await channels.find(viewer, { id: channelId });
    assertKnown(seen);
    assertMayRead(seen);
    const found = await members.list(viewer.realm, channelId, after, limit + 1);
    const page = found.slice(0, limit);
    return { members: page, next: found.length > limit ? (page.at(-1)?.accountId ?? null) : null };
  };
