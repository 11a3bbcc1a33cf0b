import { refuseAllButSystem } from '../domain/caller.js';
import type { Streams } from '../store/streams.js';
import type { Operation } from './operation.js';

export const readHeads =
  ({ streams }: { readonly streams: Pick<Streams, 'channelHeads' | 'inboxHeads'> }): Operation<'channel', 'heads'> =>
  async ({ channelIds, accountIds }, { principal }) => {
    refuseAllButSystem(principal);
    const [channels, inboxes] = await Promise.all([
      streams.channelHeads(principal.realm, channelIds),
      streams.inboxHeads(principal.realm, accountIds),
    ]);
    return {
      channels: channels.map(({ id, ...head }) => ({ channelId: id, ...head })),
      inboxes: inboxes.map(({ id, ...head }) => ({ accountId: id, ...head })),
    };
  };
