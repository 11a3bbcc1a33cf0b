import type { Bus } from '@parley/bus';
import type { ConnectionId, DialectName, Realm } from '@parley/contracts';
import { Fault, isFault } from '@parley/contracts';
import type { Log, Metrics } from '@parley/runtime';
import pLimit from 'p-limit';
import type { Core } from '../core.js';
import type { Principals } from '../authentication/principal.js';
import type { LiveSocket } from '../websocket/socket.js';
import { openConnection } from './opening.js';
import type { AcceptedUpgrade } from './opening.js';
import { Attachments } from '../streams/attachments.js';
import { createConnectionMetrics, exposeConnectionMetrics } from './connection-metrics.js';
import type { ConnectionMetrics } from './connection-metrics.js';
import type { Ground } from './ground.js';
import { HeadPoller } from '../streams/head-poller.js';
import { drainAll, restart } from './drain.js';
import { StreamRegistry } from '../streams/stream-registry.js';
import { DeliveryTracker } from '../inbox/delivery-tracker.js';
import { createInterest } from '../streams/interest.js';
import { MissedJoinDetector } from '../streams/missed-joins.js';
import { createMembership } from '../streams/membership.js';
import { WriteBuffer } from '../broadcast/write-buffer.js';
import { timingsDefault } from '../timing/timings.js';
import type { AccountBudget, Timings, RealtimeLimits } from '../timing/timings.js';
import { createStreamReader } from '../streams/stream-reader.js';
import { PeerNetworks } from '../peers/peer-networks.js';
import { Peers } from '../peers/peers.js';
import { presenceInProcess } from '../presence/presence.js';
import type { Presence } from '../presence/presence.js';
import { TargetResolver } from '../commands/target-resolver.js';
import { Connection } from './connection.js';
import { SlowConsumers } from '../broadcast/slow-consumers.js';
import type { Stream } from '../streams/stream.js';
import { Superseding } from '../presence/superseding.js';
import { TimerWheel } from '../timing/timer-wheel.js';

export interface Realtime {
  /** A socket that was just accepted; what it may do is found out from here on. */
  accept(socket: LiveSocket, upgrade: AcceptedUpgrade): void;
  /** Sends everybody elsewhere, spread evenly over the time given, and closes who has not gone by then. */
  drain(options: { readonly withinMs: number }): Promise<void>;
  /** `counts` may be added to by the doors that lead here. */
  stats(): { readonly connections: number; readonly streams: number; readonly counters: ConnectionMetrics };
  stop(): void;
}

export interface RealtimeDeps {
  readonly bus: Bus;
  readonly core: Core;
  readonly principals: Principals;
  readonly log: Log;
  readonly metrics?: Metrics;
  readonly limits: RealtimeLimits;
  /** Shared with whoever else answers these accounts; without it they have no limit together. */
  readonly accountBudget?: AccountBudget;
  /** Shared by all gateways; without it this gateway's own. */
  readonly presence?: Presence;
  /** Realms with a wire whose senders ask what became of a message. */
  readonly deliveryTrackedIn?: ReadonlySet<Realm>;
  readonly trustClientSampling?: boolean;
  readonly clock?: () => number;
  readonly timings?: Partial<Timings>;
}

/** All live connections of this process: who they are, what they hear, what they ask. */
export const createRealtime = (deps: RealtimeDeps): Realtime => {
  const { bus, core, principals, log, limits, clock = () => performance.now(), presence = presenceInProcess() } = deps;
  const timings: Timings = { ...timingsDefault, ...deps.timings };
  const connections = new Map<ConnectionId, Connection>();
  const dialects = new Map<DialectName, number>();
  const count = (dialect: DialectName, change: number): void =>
    void dialects.set(dialect, (dialects.get(dialect) ?? 0) + change);
  const counters = createConnectionMetrics(deps.metrics);
  const { deliveryTrackedIn = new Set<Realm>(), accountBudget = unlimited, trustClientSampling = false } = deps;
  const guards = { limits, accountBudget, trustClientSampling };
  const basis = { bus, core, principals, log, ...guards, clock, timings, presence, counters, deliveryTrackedIn };
  const ground = createGround(basis, connections, (connection) => {
    if (connections.delete(connection.id)) count(connection.upgrade.dialect, -1);
  });
  const { registry, writeBuffer, timers, heads, peers, superseding, deliveries } = ground;
  if (deps.metrics) {
    const present = (): number => presence.held();
    exposeConnectionMetrics(deps.metrics, {
      counters,
      writeBuffer,
      registry,
      dialects,
      present,
      connections: () => connections.values(),
    });
  }

  const slowConsumers = new SlowConsumers({
    timers,
    limits: {
      softBytes: timings.softBytes,
      softMs: timings.softMs,
      totalBytesMax: limits.bufferedBytesMax,
      checkMs: timings.slowCheckMs,
    },
    consumers: () => connections.values(),
  });

  const stopRevoking = principals.onRevoked(({ sessionId }) => {
    const fault = new Fault('unauthenticated', 'session_ended', 'This session has ended');
    for (const connection of connections.values()) if (connection.belongsTo(sessionId)) connection.refuse(fault);
  });
  const stopWatching = bus.onConnectionChange((connected) => {
    if (!connected) return;
    void heads.check();
    peers.check();
  });
  const stop = (): void => {
    stopRevoking();
    stopWatching();
    heads.stop();
    for (const connection of [...connections.values()]) connection.close(restart);
    peers.stop();
    superseding.stop();
    deliveries.stop();
    writeBuffer.stop();
    slowConsumers.stop();
    registry.stop();
    timers.stop();
  };

  return {
    accept(socket, upgrade) {
      const connection = new Connection(socket, upgrade, ground);
      connections.set(connection.id, connection);
      count(upgrade.dialect, 1);
      counters.opened.set(upgrade.dialect, (counters.opened.get(upgrade.dialect) ?? 0) + 1);
      if (connection.phase === 'opening') void openConnection(connection, null);
    },
    drain: async ({ withinMs }) => {
      await drainAll(connections, { writeBuffer, withinMs, closeMs: timings.closeMs });
      await peers.settle();
      await deliveries.settle();
    },
    stats: () => ({ connections: connections.size, streams: registry.size, counters }),
    stop,
  };
};

const unlimited: AccountBudget = { take: () => null, giveBack: () => {} };

type Basis = Pick<
  Ground,
  | 'bus'
  | 'core'
  | 'principals'
  | 'log'
  | 'limits'
  | 'accountBudget'
  | 'trustClientSampling'
  | 'clock'
  | 'timings'
  | 'presence'
  | 'counters'
> &
  Required<Pick<RealtimeDeps, 'deliveryTrackedIn'>>;

const createGround = (
  basis: Basis,
  connections: ReadonlyMap<ConnectionId, Connection>,
  forget: (connection: Connection) => void,
): Ground & { readonly heads: HeadPoller } => {
  const { bus, core, log, limits, clock, timings, presence, counters, deliveryTrackedIn } = basis;
  const timers = new TimerWheel(clock);
  const writeBuffer = new WriteBuffer(
    { hardBytes: limits.outgoingBytesMax, softBytes: timings.softBytes, softMs: timings.softMs },
    clock,
    (error) => log.error({ err: error }, 'Frames could not be written'),
    counters.lag,
  );
  const deliveries = new DeliveryTracker({ core, writeBuffer, log, trackedIn: deliveryTrackedIn });
  const superseding = new Superseding({ bus, presence });
  const membership = createMembership({ core, log });
  const { recheck } = membership;
  const streams = (): Iterable<Stream> => registry.all();
  const missedJoins = new MissedJoinDetector({ core, streams });
  const heads: HeadPoller = new HeadPoller({
    core,
    log,
    timings,
    streams,
    recheck,
    checkMissedJoins: () => missedJoins.check(),
  });
  const interest = createInterest({ bus, heads, timers, lingerMs: timings.lingerMs, clock });
  const registry: StreamRegistry = new StreamRegistry(interest, {
    writeBuffer,
    timings,
    read: createStreamReader({ core, connection: (id) => connections.get(id) }),
    recheck,
    onMembership: membership.onEvent,
    onEntered: superseding.onEntered,
    onInboxDelivered(stream, event) {
      for (const subscriber of stream.subscribers()) deliveries.note(subscriber as Connection, event);
    },
    onUnused: (stream) => registry.drop(stream),
    encodingFailed(event, error) {
      log.error({ err: error, event: event.name }, 'A fact could not be encoded');
    },
    heldBack() {
      counters.heldBack += 1;
    },
    skippedHole() {
      counters.holes += 1;
    },
    repaired(entries) {
      counters.repairs += 1;
      counters.repairedEntries += entries;
    },
    repairFailed(stream, error) {
      counters.repairFailures += 1;
      const reason = isFault(error) ? error.reason : 'bad_answer';
      log.warn({ stream: stream.scope, reason }, 'What is missing could not be read');
    },
  });
  const without = {
    ...basis,
    targets: new TargetResolver({ core, presence }),
    deliveries,
    timers,
    writeBuffer,
    registry,
    forget,
  };
  const attachments = new Attachments(without, { writeBuffer, reads: pLimit(timings.catchUpsMax), timings });
  return { ...without, attachments, heads, superseding, peers: createPeers(basis, writeBuffer) };
};

const createPeers = ({ bus, core, log, timings }: Basis, writeBuffer: WriteBuffer): Peers => {
  const { holdBackMs, callMs } = timings;
  const onOffline: Peers['onOffline'] = (event) => peers.onOffline(event);
  const networks = new PeerNetworks({ bus, core, log, writeBuffer, holdBackMs, callMs, onOffline });
  const peers = new Peers({ core, log, networks, callMs });
  return peers;
};
