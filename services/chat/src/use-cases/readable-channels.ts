import { type AccountPrincipal, type ChannelId, asFault } from '@parley/contracts';
import type { Authorizer } from './authorize.js';

/** Those of the channels that the account may read, each once, in order. */
export const readableChannels = async (
  authorizer: Pick<Authorizer, 'authorize'>,
  channelIds: readonly ChannelId[],
  account: AccountPrincipal,
): Promise<ChannelId[]> => {
  const allowed = await Promise.all([...new Set(channelIds)].map((id) => readable(authorizer, id, account)));
  return allowed.filter((id) => id !== null);
};

const readable = async (
  authorizer: Pick<Authorizer, 'authorize'>,
  channelId: ChannelId,
  account: AccountPrincipal,
): Promise<ChannelId | null> => {
  try {
    await authorizer.authorize({ channelId }, 'read', account);
    return channelId;
  } catch (error) {
    const fault = asFault(error);
    if (fault.code === 'not_found' || fault.code === 'forbidden') return null;
    throw fault;
  }
};
