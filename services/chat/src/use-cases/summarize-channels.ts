import { pageBytesMax } from '@parley/contracts';
import { accountOf } from '../domain/caller.js';
import type { Streams } from '../store/streams.js';
import type { Authorizer } from './authorize.js';
import type { Operation } from './operation.js';
import { readableChannels } from './readable-channels.js';

interface Deps {
  readonly authorizer: Pick<Authorizer, 'authorize'>;
  readonly streams: Pick<Streams, 'summaries'>;
}

export const summarizeChannels =
  ({ authorizer, streams }: Deps): Operation<'channel', 'summaries'> =>
  async ({ channelIds }, { principal }) => {
    const account = accountOf(principal);
    return streams.summaries({
      realm: account.realm,
      accountId: account.accountId,
      channelIds: await readableChannels(authorizer, channelIds, account),
      bytesMax: pageBytesMax,
    });
  };
