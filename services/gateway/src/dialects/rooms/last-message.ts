import type { AccountPrincipal, ChannelId, Message } from '@parley/contracts';
import pMap from 'p-map';
import type { Queries } from '../../protocol/queries.js';
import { isShown } from '../shared/shown-messages.js';

const lookedThroughMax = 50;
const concurrentMax = 8;

/** The last message of each room that this protocol can show: of the last 50, where the very last one was deleted. */
export const lastShown = async (
  core: Queries,
  summaries: readonly { readonly channelId: ChannelId; readonly last: Message | null }[],
  principal: AccountPrincipal,
): Promise<(channelId: ChannelId) => Message | null> => {
  const find = async (channelId: ChannelId, last: Message | null): Promise<Message | null> => {
    if (last === null || isShown(last)) return last;
    const { messages } = await core.chat.message.list({ channelId, limit: lookedThroughMax }, { principal });
    return messages.findLast(isShown) ?? null;
  };
  const found = await pMap(
    summaries,
    async ({ channelId, last }) => [channelId, await find(channelId, last)] as const,
    {
      concurrency: concurrentMax,
    },
  );
  const byRoom = new Map(found);
  return (channelId) => byRoom.get(channelId) ?? null;
};
