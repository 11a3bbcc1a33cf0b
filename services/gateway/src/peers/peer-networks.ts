import type { Bus } from '@parley/bus';
import { BusEvent, everyEventOf, deadlineIn } from '@parley/contracts';
import type { ConnectionId, BusEventNamed, NetworkId, Peer, Realm } from '@parley/contracts';
import type { Core } from '../core.js';
import type { WriteBuffer } from '../broadcast/write-buffer.js';
import { PeerNetwork } from './peer-network.js';
import type { PeersRead } from './peer-network.js';
import { systemOf } from '../protocol/scopes.js';
import type { StreamObserver } from '../streams/stream-observer.js';
import type { SequencerTimings, Timings } from '../timing/timings.js';

export interface PeerNetworksDeps {
  readonly bus: Bus;
  readonly core: Core;
  readonly writeBuffer: WriteBuffer;
  readonly timings: SequencerTimings & Pick<Timings, 'callMs'>;
  readonly observer: StreamObserver;
  onOffline(event: BusEventNamed<'peer.offline'>): void;
}

const pageMax = 200;
const chunkMax = 500;
const readsMax = 5;

/** The networks in which a connection of this process is online. */
export class PeerNetworks {
  private readonly networks = new Map<NetworkId, PeerNetwork>();

  constructor(private readonly deps: PeerNetworksDeps) {}

  get size(): number {
    return this.networks.size;
  }

  /** Returns the network, subscribed and with its peers read. The caller must call `leave` once. */
  async enter(id: NetworkId, realm: Realm): Promise<PeerNetwork> {
    let network = this.networks.get(id);
    if (!network) {
      network = new PeerNetwork(id, realm, { ...this.deps, read: this.read });
      this.networks.set(id, network);
    }
    network.users += 1;
    try {
      await (network.ready ??= this.start(network));
    } catch (error) {
      // The next caller tries again.
      this.forget(network);
      throw error;
    }
    return network;
  }

  leave(network: PeerNetwork): void {
    network.users -= 1;
    if (network.users === 0) this.forget(network);
  }

  /** Compares all networks with signaling: when the bus has reconnected, and every 10 to 20 heartbeats. */
  async check(): Promise<void> {
    for (const [realm, networks] of this.byRealm()) {
      for (let at = 0; at < networks.length; at += chunkMax) {
        await this.compare(realm, networks.slice(at, at + chunkMax));
      }
    }
  }

  stop(): void {
    for (const network of [...this.networks.values()]) this.forget(network);
  }

  private async start(network: PeerNetwork): Promise<void> {
    network.listening = await this.deps.bus.listen(everyEventOf(network.scope), BusEvent, network.receive);
    await network.start();
  }

  private forget(network: PeerNetwork): void {
    if (this.networks.get(network.id) === network) this.networks.delete(network.id);
    network.stop();
  }

  private async compare(realm: Realm, networks: readonly PeerNetwork[]): Promise<void> {
    const networkIds = networks.map(({ id }) => id);
    const versions = await this.deps.core.signaling.peer.versions({ networkIds }, this.asked(realm));
    for (const { networkId, version } of versions) {
      const network = this.networks.get(networkId);
      if (network && version > network.version) await network.reach(version);
    }
  }

  /** Reads again when pages have different versions, because they are not consistent; at most `readsMax` times. */
  private readonly read = async (network: PeerNetwork): Promise<PeersRead> => {
    for (let reads = 1; ; reads++) {
      const { pages, moved } = await this.pagesOf(network);
      const first = pages[0]?.version ?? 0;
      // The events after the first page's version are applied to what later pages show already: the last event of each peer decides.
      if (!moved || reads >= readsMax) return { peers: pages.flatMap(({ peers }) => peers), version: first };
    }
  };

  private async pagesOf({ id: networkId, realm }: PeerNetwork): Promise<{ pages: PeersRead[]; moved: boolean }> {
    const pages: { peers: Peer[]; version: number }[] = [];
    let after: ConnectionId | undefined;
    do {
      const input = { networkId, limit: pageMax, ...(after !== undefined && { after }) };
      const page = await this.deps.core.signaling.peer.list(input, this.asked(realm));
      pages.push(page);
      after = page.peers.length === pageMax ? page.peers.at(-1)?.connectionId : undefined;
    } while (after !== undefined);
    return { pages, moved: pages.some(({ version }) => version !== pages[0]?.version) };
  }

  private asked(realm: Realm) {
    return { principal: systemOf(realm), deadline: deadlineIn(this.deps.timings.callMs) };
  }

  private byRealm(): Map<Realm, PeerNetwork[]> {
    const byRealm = new Map<Realm, PeerNetwork[]>();
    for (const network of this.networks.values()) {
      const known = byRealm.get(network.realm);
      if (known) known.push(network);
      else byRealm.set(network.realm, [network]);
    }
    return byRealm;
  }
}
