import type { Bus } from '@parley/bus';
import type { BusEvent, BusEventNamed } from '@parley/contracts';
import type { PeerChange, PeersGone } from './store/peers.js';

type Why = BusEventNamed<'peer.offline'>['why'];

/** Publishes, after the commit, which peers of a network went online or offline. */
export interface Announce {
  online(change: PeerChange): void;
  offline(gone: PeersGone, why: Why): void;
}

export const announceOn = (bus: Bus): Announce => {
  const announce = (event: Extract<BusEvent, { networkId: unknown }>): void =>
    bus.publish(event, [{ kind: 'network', id: event.networkId }]);
  return {
    online: ({ realm, version, peer }) =>
      announce({ name: 'peer.online', realm, networkId: peer.networkId, version, peer }),
    offline: (gone, why) => {
      for (const { realm, version, peer } of gone) {
        announce({ name: 'peer.offline', realm, networkId: peer.networkId, version, peer, why });
      }
    },
  };
};
