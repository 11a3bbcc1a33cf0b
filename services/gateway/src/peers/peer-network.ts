import { setTimeout as sleep } from 'node:timers/promises';
import type { Listening } from '@parley/bus';
import { Fault } from '@parley/contracts';
import type { ConnectionId, BusEvent, BusEventNamed, NetworkId, Peer, Realm } from '@parley/contracts';
import type { SocketAdapter } from '../protocol/dialect.js';
import { SubscriberGroup } from '../broadcast/subscriber-group.js';
import type { Subscriber } from '../broadcast/buffered-socket.js';
import type { WriteBuffer } from '../broadcast/write-buffer.js';

export type PeerEvent = BusEventNamed<'peer.online' | 'peer.offline'>;

export interface PeersRead {
  readonly peers: readonly Peer[];
  readonly version: number;
}

export interface PeerNetworkDeps {
  readonly writeBuffer: WriteBuffer;
  readonly holdBackMs: number;
  /** Reads all peers of the network from signaling, at one version. */
  read(network: PeerNetwork): Promise<PeersRead>;
  /** A connection went offline; it may be one of this process. */
  onOffline(event: BusEventNamed<'peer.offline'>): void;
  readFailed(network: PeerNetwork, error: unknown): void;
}

const waitForReadMax = 3;
const readAgainMs = 1_000;

/**
 * The peers of one network as this process knows them, and its subscribers here. Events are applied in the order of their versions; if a
 * gap does not close by itself, the peers are read from signaling and the differences are broadcast.
 */
export class PeerNetwork {
  users = 0;
  listening: Listening | null = null;
  ready: Promise<void> | null = null;
  private readonly peers = new Map<ConnectionId, Peer>();
  private readonly groups: SubscriberGroup[] = [];
  /** Events that arrived before one with a lower version. */
  private readonly early = new Map<number, PeerEvent>();
  /** null: not read yet. */
  private known: number | null = null;
  private reading: Promise<void> | null = null;
  private holding: NodeJS.Timeout | null = null;
  private readonly waiting = new Set<() => void>();

  constructor(
    readonly id: NetworkId,
    readonly realm: Realm,
    private readonly deps: PeerNetworkDeps,
  ) {}

  get version(): number {
    return this.known ?? 0;
  }

  readonly receive = (event: BusEvent): void => {
    if (event.realm !== this.realm || (event.name !== 'peer.online' && event.name !== 'peer.offline')) return;
    if (this.known !== null && event.version <= this.known) return;
    this.early.set(event.version, event);
    this.takeInOrder();
  };

  /** All online peers except this one. */
  others(connectionId: ConnectionId): Peer[] {
    return [...this.peers.values()].filter((peer) => peer.connectionId !== connectionId);
  }

  join(member: Subscriber, adapter: SocketAdapter): void {
    let group = this.groups.find((one) => one.adapter === adapter);
    if (!group) this.groups.push((group = new SubscriberGroup(adapter, this.deps.writeBuffer)));
    group.join(member.output);
  }

  leave(member: Subscriber): void {
    for (const group of this.groups) group.leave(member.output);
  }

  /** Resolves when all changes up to this version are known: usually their events are about to arrive. */
  async reach(version: number): Promise<void> {
    if (this.version >= version) return;
    let arrived = (): void => {};
    const arrival = new Promise<void>((resolve) => {
      arrived = () => {
        if (this.version >= version) resolve();
      };
      this.waiting.add(arrived);
    });
    await Promise.race([arrival, sleep(this.deps.holdBackMs)]);
    this.waiting.delete(arrived);
    for (let tries = 0; this.version < version && tries < waitForReadMax; tries++) await this.read();
    if (this.version < version) throw new Fault('unavailable', 'peers_unknown', 'Who is online is not known right now');
  }

  /** Reads the peers from signaling; one read at a time. */
  read(): Promise<void> {
    this.reading ??= this.deps
      .read(this)
      .then((read) => this.adopt(read))
      .finally(() => (this.reading = null));
    return this.reading;
  }

  stop(): void {
    if (this.holding) clearTimeout(this.holding);
    this.listening?.stop();
    this.listening = null;
  }

  private adopt({ peers, version }: PeersRead): void {
    // The events that arrived meanwhile left no gap: they are newer than what was read.
    if (this.known !== null && version <= this.known) return this.takeInOrder();
    const now = new Map(peers.map((peer) => [peer.connectionId, peer]));
    const base = { realm: this.realm, networkId: this.id, version };
    this.known = version;
    for (const [connectionId, peer] of [...this.peers]) {
      if (!now.has(connectionId)) this.apply({ ...base, name: 'peer.offline', peer, why: 'lapsed' });
    }
    for (const peer of now.values()) this.apply({ ...base, name: 'peer.online', peer });
    for (const early of [...this.early.keys()]) if (early <= version) this.early.delete(early);
    this.takeInOrder();
  }

  private takeInOrder(): void {
    if (this.known === null) return;
    for (let next = this.early.get(this.known + 1); next; next = this.early.get(this.known + 1)) {
      this.known = next.version;
      this.early.delete(next.version);
      this.apply(next);
    }
    for (const arrived of this.waiting) arrived();
    if (this.early.size > 0) this.holding ??= setTimeout(() => this.mend(), this.deps.holdBackMs).unref();
  }

  private mend(): void {
    this.holding = null;
    if (this.early.size === 0 || !this.listening) return;
    this.read().catch((error: unknown) => {
      this.deps.readFailed(this, error);
      this.holding ??= setTimeout(() => this.mend(), readAgainMs).unref();
    });
  }

  private apply(event: PeerEvent): void {
    const { connectionId } = event.peer;
    if (event.name === 'peer.online') {
      const wasOnline = this.peers.has(connectionId);
      this.peers.set(connectionId, event.peer);
      if (!wasOnline) this.broadcast(event);
    } else if (this.peers.delete(connectionId)) {
      this.broadcast(event);
      this.deps.onOffline(event);
    }
  }

  private broadcast(event: PeerEvent): void {
    for (const group of this.groups) {
      if (group.members.size === 0) continue;
      const encoded = group.adapter.encodeEvent(event);
      if (encoded) group.add(encoded, null);
    }
  }
}
