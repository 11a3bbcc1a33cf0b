import { randomUUID } from 'node:crypto';
import { Fault, asFault, gatewayHeartbeatMs, isFault, deadlineIn } from '@parley/contracts';
import type { ConnectionId, BusEventNamed, GatewayId, Realm } from '@parley/contracts';
import type { Log } from '@parley/runtime';
import pMap from 'p-map';
import type { Core } from '../core.js';
import type { Subscriber } from '../broadcast/buffered-socket.js';
import type { ConnectionView, SocketAdapter } from '../protocol/dialect.js';
import type { RequestId, Command, Result } from '../protocol/command.js';
import { EndedPeers } from './ended-peers.js';
import { heldPeers } from './held-peers.js';
import type { PeerNetworks } from './peer-networks.js';
import type { PeerNetwork } from './peer-network.js';
import { systemOf } from '../protocol/scopes.js';

type Register = Extract<Command, { type: 'peer.register' }>;

/** What peers/ needs of a connection. */
export interface PeerConnection extends Subscriber {
  readonly realm: Realm;
  readonly adapter: SocketAdapter;
  readonly isLive: boolean;
  /** What its dialect sees as `peering`. */
  setPeering(state: ConnectionView['peering']): void;
  answer(result: Result, requestId: RequestId | undefined): void;
  refuse(fault: Fault): void;
  /** Calls `release` when the connection closes; immediately if it is closed already. */
  own(room: { release(connection: PeerConnection): void }): void;
}

export interface PeersDeps {
  readonly core: Core;
  readonly log: Log;
  readonly networks: PeerNetworks;
  readonly callMs: number;
}

const againSideBySide = 16;
/** Networks are compared with signaling every 10 to 20 heartbeats. */
const beatsUntilCheck = (): number => 10 + Math.floor(Math.random() * 10);

/**
 * The connections of this process that are peers. Signaling owns peers; this class reports to it which peers came and went, sends the
 * heartbeat of the gateway, and corrects what signaling holds when that differs from the peers here twice in a row.
 */
export class Peers {
  private readonly gatewayId = randomUUID() as GatewayId;
  /** Connections that asked to be peers since they opened: signaling may hold them, even if its answer was lost. */
  private readonly askers = new Map<ConnectionId, PeerConnection>();
  private readonly registered = new Map<ConnectionId, { readonly command: Register; readonly network: PeerNetwork }>();
  private readonly inFlight = new Set<ConnectionId>();
  private readonly ended: EndedPeers;
  private beating: Promise<void> | null = null;
  private reconciling: Promise<void> | null = null;
  private timer: NodeJS.Timeout | null = null;
  private beatAt = -Infinity;
  private silent = false;
  private differed = 0;
  private checkIn = beatsUntilCheck();

  constructor(private readonly deps: PeersDeps) {
    const { core, callMs } = deps;
    const onFailed = (error: unknown): void => {
      if (!this.silent) this.warn(error, 'Which peers ended could not be reported to signaling; it is tried again');
    };
    this.ended = new EndedPeers({ core, callMs, gatewayId: this.gatewayId, onFailed });
  }

  /** Sends the result itself, in the turn in which the connection joins the network: no event may come in between. */
  async register(connection: PeerConnection, command: Register, requestId: RequestId | undefined): Promise<void> {
    if (connection.peering === 'registered') return;
    const { id } = connection;
    connection.setPeering('asked');
    if (!this.askers.has(id)) connection.own(this);
    this.askers.set(id, connection);
    this.inFlight.add(id);
    this.ended.delete(id);
    try {
      await this.enter(connection, command, requestId);
    } finally {
      this.inFlight.delete(id);
      if (!this.registered.has(id)) connection.setPeering(undefined);
      if (!connection.isLive) this.end(id);
    }
  }

  /** The connection is closed. */
  release(connection: PeerConnection): void {
    const { id } = connection;
    if (!this.askers.delete(id)) return;
    const registration = this.registered.get(id);
    this.registered.delete(id);
    if (registration) {
      registration.network.leave(connection);
      this.deps.networks.leave(registration.network);
    }
    // A registration in progress is ended when its call returns.
    if (!this.inFlight.has(id)) this.end(id);
  }

  /** A peer of this gateway is offline although its socket is open. */
  onOffline({ peer, why }: BusEventNamed<'peer.offline'>): void {
    const connection = this.askers.get(peer.connectionId);
    if (!connection || !this.registered.has(connection.id)) return;
    if (why === 'replaced') connection.refuse(replaced());
    else if (why === 'released') connection.refuse(addressReleased());
    else this.reconcile().catch((error: unknown) => this.warn(error, 'Peers could not be announced again'));
  }

  /** Compares everything now: the bus has reconnected. */
  check(): void {
    if (this.timer)
      this.beat()
        .then(() => this.compare(), this.noBeat)
        .catch(this.noCheck);
  }

  /** Reports ended connections to signaling, if that succeeds soon. */
  settle(): Promise<void> {
    return this.ended.settle();
  }

  stop(): void {
    if (this.timer) clearInterval(this.timer);
    this.timer = null;
    this.deps.networks.stop();
  }

  private async enter(connection: PeerConnection, command: Register, requestId: RequestId | undefined): Promise<void> {
    const { networks } = this.deps;
    await this.live();
    const { peer, version } = await this.announce(connection, command, false);
    const network = await networks.enter(peer.networkId, connection.realm);
    let stays = false;
    try {
      await network.reach(version);
      stays = connection.isLive;
    } finally {
      if (!stays) networks.leave(network);
    }
    if (!stays) return;
    this.registered.set(connection.id, { command, network });
    connection.setPeering('registered');
    connection.answer({ type: 'peer.register', peer, others: network.others(connection.id) }, requestId);
    network.join(connection, connection.adapter);
  }

  private announce(connection: PeerConnection, { reach, agentId }: Register, reannounce: boolean) {
    const { gatewayId } = this;
    const { principal, id: connectionId } = connection;
    const deadline = deadlineIn(this.deps.callMs);
    const input = { ...reach, agentId, gatewayId, connectionId, reannounce };
    return this.deps.core.signaling.peer.register(input, { principal, deadline });
  }

  /** This gateway sends heartbeats from its first peer on. */
  private async live(): Promise<void> {
    this.timer ??= setInterval(() => void this.beat().catch(this.noBeat), gatewayHeartbeatMs).unref();
    if (performance.now() - this.beatAt > 2 * gatewayHeartbeatMs) await this.beat();
  }

  private beat(): Promise<void> {
    this.beating ??= this.beatOnce().finally(() => (this.beating = null));
    return this.beating;
  }

  private async beatOnce(): Promise<void> {
    const { gatewayId } = this;
    const beat = await this.deps.core.signaling.peer.heartbeat({ gatewayId }, { principal: systemOf('main') });
    this.beatAt = performance.now();
    this.silent = false;
    this.differed = beat.peers === this.registered.size ? 0 : this.differed + 1;
    void this.ended.report();
    if (beat.lapsed || this.differed >= 2) {
      this.differed = 0;
      this.reconcile().catch((error: unknown) => this.warn(error, 'Peers could not be announced again'));
    }
    this.checkIn -= 1;
    if (this.checkIn <= 0) this.compare().catch(this.noCheck);
  }

  private compare(): Promise<void> {
    this.checkIn = beatsUntilCheck();
    return this.deps.networks.check();
  }

  private end(id: ConnectionId): void {
    this.askers.delete(id);
    this.registered.delete(id);
    this.ended.add(id);
    void this.ended.report();
  }

  private reconcile(): Promise<void> {
    this.reconciling ??= this.reconcileOnce().finally(() => (this.reconciling = null));
    return this.reconciling;
  }

  /** Safe while peers come and go: announces again only those that were registered before signaling was asked. */
  private async reconcileOnce(): Promise<void> {
    const before = [...this.registered.keys()];
    const held = await heldPeers(this.deps.core, this.gatewayId, this.deps.callMs);
    for (const id of held) if (!this.registered.has(id) && !this.inFlight.has(id)) this.ended.add(id);
    void this.ended.report();
    const missing = before.filter((id) => this.registered.has(id) && !held.has(id));
    await pMap(missing, (id) => this.announceAgain(id), { concurrency: againSideBySide });
  }

  private async announceAgain(id: ConnectionId): Promise<void> {
    const connection = this.askers.get(id);
    const registration = this.registered.get(id);
    if (!connection || !registration) return;
    try {
      const { peer } = await this.announce(connection, registration.command, true);
      if (peer.networkId !== registration.network.id) connection.refuse(addressReleased());
    } catch (error) {
      const fault = asFault(error);
      // Signaling is unavailable: what it holds still differs, so a later heartbeat leads here again.
      if (fault.code !== 'unavailable') connection.refuse(fault);
    }
    if (!connection.isLive) this.end(id);
  }

  private readonly noBeat = (error: unknown): void => {
    if (!this.silent) this.warn(error, 'The heartbeat did not reach signaling; it is tried again');
    this.silent = true;
  };

  private readonly noCheck = (error: unknown): void => this.warn(error, 'Who is online could not be compared');

  private warn(error: unknown, text: string): void {
    this.deps.log.warn({ reason: isFault(error) ? error.reason : 'bad_answer' }, text);
  }
}

const replaced = (): Fault =>
  new Fault('conflict', 'replaced', 'A newer connection of the same agent took the place of this one');
const addressReleased = (): Fault =>
  new Fault('conflict', 'address_released', 'The address of this connection was released; register again');
