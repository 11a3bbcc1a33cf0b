import type { AccountPrincipal, ChannelId } from '@parley/contracts';
import { z } from 'zod';
import type { RestDeps } from '../../../protocol/rest-deps.js';
import { MessageView, messageView } from '../message-shapes.js';

/** What an account has of a channel. `mentions`: of the unread messages, those that mention it (to 100). */
export const SummaryView = z.object({
  last: MessageView.nullable(),
  unread: z.int(),
  mentions: z.int(),
  /** The sequence up to which the account has read. */
  read: z.int(),
  head: z.int(),
});
type SummaryView = z.infer<typeof SummaryView>;

const nothing: SummaryView = { last: null, unread: 0, mentions: 0, read: 0, head: 0 };

/** The summaries of a page of up to 200 channels, in one call. A channel that the account may not read has an empty one. */
export const summariesOf = async (
  core: RestDeps['core'],
  channelIds: readonly ChannelId[],
  principal: AccountPrincipal,
): Promise<(id: ChannelId) => SummaryView> => {
  if (channelIds.length === 0) return () => nothing;
  const summaries = await core.chat.channel.summaries({ channelIds: [...channelIds] }, { principal });
  const byId = new Map(
    summaries.map(({ channelId, last, unread, mentions, read, head }) => [
      channelId,
      { last: last && messageView(last, principal.accountId), unread, mentions, read, head },
    ]),
  );
  return (id) => byId.get(id) ?? nothing;
};
