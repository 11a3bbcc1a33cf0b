import type { Bus } from '@parley/bus';
import type { Fact, FactNamed } from '@parley/contracts';
import type { PeerChange, PeersGone } from './store/peers.js';

type Why = FactNamed<'peer.offline'>['why'];

/** Tells a network, after the commit, who came and who went. */
export interface Announce {
  online(change: PeerChange): void;
  offline(gone: PeersGone, why: Why): void;
}

export const announceOn = (bus: Bus): Announce => {
  const tell = (fact: Extract<Fact, { networkId: unknown }>): void =>
    bus.publish(fact, [{ kind: 'network', id: fact.networkId }]);
  return {
    online: ({ realm, version, peer }) =>
      tell({ name: 'peer.online', realm, networkId: peer.networkId, version, peer }),
    offline: (gone, why) => {
      for (const { realm, version, peer } of gone) {
        tell({ name: 'peer.offline', realm, networkId: peer.networkId, version, peer, why });
      }
    },
  };
};
