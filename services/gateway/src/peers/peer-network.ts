import { isDeepStrictEqual } from 'node:util';
import type { Listening } from '@parley/bus';
import { Fault } from '@parley/contracts';
import type { ConnectionId, BusEvent, BusEventNamed, NetworkId, Peer, Realm, Scope } from '@parley/contracts';
import type { Subscriber } from '../broadcast/buffered-socket.js';
import { SubscriberGroups } from '../broadcast/subscriber-groups.js';
import type { WriteBuffer } from '../broadcast/write-buffer.js';
import type { SocketAdapter } from '../protocol/dialect.js';
import { Sequencer } from '../streams/sequencer.js';
import type { Page, Sequenced, SequencedEvent } from '../streams/sequencer.js';
import type { StreamObserver } from '../streams/stream-observer.js';
import type { SequencerTimings } from '../timing/timings.js';

export type PeerEvent = BusEventNamed<'peer.online' | 'peer.offline'>;

export interface PeersRead {
  readonly peers: readonly Peer[];
  readonly version: number;
}

export interface PeerNetworkDeps {
  readonly writeBuffer: WriteBuffer;
  readonly timings: SequencerTimings;
  readonly observer: StreamObserver;
  /** Reads all peers of the network from signaling, at one version. */
  read(network: PeerNetwork): Promise<PeersRead>;
  /** A connection went offline; it may be one of this process. */
  onOffline(event: BusEventNamed<'peer.offline'>): void;
}

const readsMax = 3;

/**
 * The peers of one network as this process knows them: a stream of signaling's events, whose sequence is the network's version. Signaling
 * keeps no history of it, so a gap is repaired with the differences to the peers that are online now.
 */
export class PeerNetwork implements Sequenced<PeerEvent> {
  users = 0;
  listening: Listening | null = null;
  ready: Promise<void> | null = null;
  readonly scope: Scope;
  private readonly peers = new Map<ConnectionId, Peer>();
  private readonly groups: SubscriberGroups;
  private readonly sequencer: Sequencer<PeerEvent>;

  constructor(
    readonly id: NetworkId,
    readonly realm: Realm,
    private readonly deps: PeerNetworkDeps,
  ) {
    this.scope = { kind: 'network', id };
    this.groups = new SubscriberGroups(deps.writeBuffer, deps.observer);
    this.sequencer = new Sequencer(this, deps.timings);
  }

  get observer(): StreamObserver {
    return this.deps.observer;
  }

  get version(): number {
    return this.sequencer.delivered ?? 0;
  }

  /** Reads who is online. The network receives events already, so that none is missed in between. */
  async start(): Promise<void> {
    const { peers, version } = await this.deps.read(this);
    for (const peer of peers) this.peers.set(peer.connectionId, peer);
    this.sequencer.startAfter(version);
  }

  readonly receive = (event: BusEvent): void => {
    if (event.realm !== this.realm || (event.name !== 'peer.online' && event.name !== 'peer.offline')) return;
    this.sequencer.receive({ sequence: event.version, event });
  };

  /** All online peers except this one. */
  others(connectionId: ConnectionId): Peer[] {
    return [...this.peers.values()].filter((peer) => peer.connectionId !== connectionId);
  }

  join(member: Subscriber, adapter: SocketAdapter): void {
    this.groups.join(member, adapter);
  }

  leave(member: Subscriber): void {
    this.groups.leave(member);
  }

  /** Resolves when all changes up to this version are known: usually their events are about to arrive. */
  async reach(version: number): Promise<void> {
    await this.sequencer.reached(version, this.deps.timings.holdBackMs);
    for (let reads = 0; this.version < version && reads < readsMax; reads++) await this.sequencer.repair();
    if (this.version < version) throw new Fault('unavailable', 'peers_unknown', 'Who is online is not known right now');
  }

  stop(): void {
    this.sequencer.stop();
    this.listening?.stop();
    this.listening = null;
  }

  deliver(event: PeerEvent): void {
    const { connectionId } = event.peer;
    if (event.name === 'peer.online') {
      const wasOnline = this.peers.has(connectionId);
      this.peers.set(connectionId, event.peer);
      if (!wasOnline) this.groups.broadcast(event, null, null);
    } else if (this.peers.delete(connectionId)) {
      this.groups.broadcast(event, null, null);
      this.deps.onOffline(event);
    }
  }

  async read(after: number): Promise<Page<PeerEvent>> {
    const { peers, version } = await this.deps.read(this);
    const entries = version > after ? this.differences(peers, version) : [];
    return { entries, more: false, head: version, floor: 0 };
  }

  beforeDelivery(): null {
    return null;
  }

  beforeRepair(): Promise<void> {
    return Promise.resolve();
  }

  /** The events that lead from the peers known here to those that are online at this version. */
  private differences(peers: readonly Peer[], version: number): SequencedEvent<PeerEvent>[] {
    const online = new Set(peers.map(({ connectionId }) => connectionId));
    const gone = [...this.peers.values()].filter(({ connectionId }) => !online.has(connectionId));
    const changed = peers.filter((peer) => !isDeepStrictEqual(peer, this.peers.get(peer.connectionId)));
    const base = { realm: this.realm, networkId: this.id, version };
    const events = [
      ...gone.map((peer): PeerEvent => ({ ...base, name: 'peer.offline', peer, why: 'lapsed' })),
      ...changed.map((peer): PeerEvent => ({ ...base, name: 'peer.online', peer })),
    ];
    return events.map((event) => ({ sequence: version, event }));
  }
}
