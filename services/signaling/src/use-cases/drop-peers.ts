import { assertSystem } from '../caller.js';
import type { Deps, PeerCall } from '../deps.js';

export const dropPeers =
  ({ peers, announce }: Deps): PeerCall<'drop'> =>
  async ({ gatewayId, connectionIds }, { principal }) => {
    assertSystem(principal);
    const gone = await peers.drop(gatewayId, connectionIds);
    announce.offline(gone, 'closed');
    return { dropped: gone.length };
  };
