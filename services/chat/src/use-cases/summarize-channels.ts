import { type AccountPrincipal, type ChannelId, asFault, pageBytesMax } from '@parley/contracts';
import { accountOf } from '../domain/caller.js';
import type { Streams } from '../store/streams.js';
import type { Authorizer } from './authorize.js';
import type { Operation } from './operation.js';

interface Deps {
  readonly authorizer: Pick<Authorizer, 'authorize'>;
  readonly streams: Pick<Streams, 'summaries'>;
}

export const summarizeChannels =
  ({ authorizer, streams }: Deps): Operation<'channel', 'summaries'> =>
  async ({ channelIds }, { principal }) => {
    const account = accountOf(principal);
    const allowed = await Promise.all([...new Set(channelIds)].map((id) => readable(authorizer, id, account)));
    return streams.summaries({
      realm: account.realm,
      accountId: account.accountId,
      channelIds: allowed.filter((id) => id !== null),
      bytesMax: pageBytesMax,
    });
  };

const readable = async (
  authorizer: Deps['authorizer'],
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
