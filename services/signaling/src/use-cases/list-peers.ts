import { notFound } from '@parley/contracts';
import { assertSystem } from '../caller.js';
import type { Deps, PeerCall } from '../deps.js';

export const listPeers =
  ({ peers }: Deps): PeerCall<'list'> =>
  async ({ networkId, after, limit }, { principal }) => {
    assertSystem(principal);
    const page = await peers.list(principal.realm, networkId, after, limit);
    if (page === null) throw notFound('network');
    return page;
  };
