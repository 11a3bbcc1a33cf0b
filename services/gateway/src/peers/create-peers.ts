import type { Log } from '@parley/runtime';
import { PeerNetworks } from './peer-networks.js';
import type { PeerNetworksDeps } from './peer-networks.js';
import { Peers } from './peers.js';

/** Creates the peers of this process and the networks that they are in. */
export const createPeers = (deps: Omit<PeerNetworksDeps, 'onOffline'> & { readonly log: Log }): Peers => {
  const { core, log, timings } = deps;
  const onOffline: Peers['onOffline'] = (event) => peers.onOffline(event);
  const networks = new PeerNetworks({ ...deps, onOffline });
  const peers = new Peers({ core, log, networks, callMs: timings.callMs });
  return peers;
};
