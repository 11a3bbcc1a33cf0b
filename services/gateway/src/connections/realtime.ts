import type { Bus } from '@parley/bus';
import type { BusEventNamed, ConnectionId, DialectName, Realm } from '@parley/contracts';
import { Fault, isFault } from '@parley/contracts';
import type { Log, Metrics } from '@parley/runtime';
import pLimit from 'p-limit';
import type { Principals } from '../authentication/principal.js';
import { SlowConsumers } from '../broadcast/slow-consumers.js';
import { WriteBuffer } from '../broadcast/write-buffer.js';
import { createExecute } from '../commands/execute.js';
import type { Execute } from '../commands/execute.js';
import { TargetResolver } from '../commands/target-resolver.js';
import type { Core } from '../core.js';
import { Acknowledger } from '../inbox/acknowledgements.js';
import { DeliveryTracker } from '../inbox/delivery-tracker.js';
import { InboxSubscription } from '../inbox/inbox-subscription.js';
import type { AccountBudget, RealtimeLimits } from '../limits/realtime-limits.js';
import { PeerNetworks } from '../peers/peer-networks.js';
import { Peers } from '../peers/peers.js';
import { presenceInProcess } from '../presence/presence.js';
import type { Presence } from '../presence/presence.js';
import { Superseding } from '../presence/superseding.js';
import type { ConnectionView } from '../protocol/dialect.js';
import { Attachments } from '../streams/attachments.js';
import { HeadPoller } from '../streams/head-poller.js';
import { createInterest } from '../streams/interest.js';
import type { StreamMember } from '../streams/member.js';
import { createMembership } from '../streams/membership.js';
import { MissedJoinDetector } from '../streams/missed-joins.js';
import { catchUp } from '../streams/replay.js';
import type { CatchUpOptions } from '../streams/replay.js';
import { createStreamReader } from '../streams/stream-reader.js';
import type { MessageCreatedEvent } from '../streams/sequencer.js';
import { StreamRegistry } from '../streams/stream-registry.js';
import type { Stream } from '../streams/stream.js';
import { TimerWheel } from '../timing/timer-wheel.js';
import { timingsDefault } from '../timing/timings.js';
import type { Timings } from '../timing/timings.js';
import type { AcceptedUpgrade } from './accepted-upgrade.js';
import { createCommandQueues } from './command-queue.js';
import { createConnectionMetrics, exposeConnectionMetrics } from './connection-metrics.js';
import type { ConnectionMetrics } from './connection-metrics.js';
import { Connection } from './connection.js';
import type { ConnectionHandlers, ConnectionSocket } from './connection-deps.js';
import { drainAll, restart } from './drain.js';
import { FrameHandler } from './frame-handler.js';
import { openConnection } from './opening.js';
import { reactivate } from './reactivation.js';

export interface Realtime {
  /** Takes over a WebSocket that was just accepted, and opens its connection. */
  accept(socket: ConnectionSocket, upgrade: AcceptedUpgrade): void;
  /** Runs a command, of a frame or of a REST request. */
  readonly execute: Execute;
  /** Asks all clients to reconnect elsewhere, spread evenly over `withinMs`, and closes the connections that did not leave. */
  drain(options: { readonly withinMs: number }): Promise<void>;
  /** The code that accepts connections may add to `counters`. */
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
  /** Shared with the other APIs that serve these accounts; without it, an account has no common limit. */
  readonly accountBudget?: AccountBudget;
  /** Shared by all gateways; default: in this process only. */
  readonly presence?: Presence;
  /** Realms with a dialect whose senders ask whether a message was delivered. */
  readonly deliveryTrackedIn?: ReadonlySet<Realm>;
  readonly trustClientSampling?: boolean;
  readonly clock?: () => number;
  readonly timings?: Partial<Timings>;
}

/** Creates the live connections of this process and all that they share. Only this function wires these parts together. */
export const createRealtime = (deps: RealtimeDeps): Realtime => {
  const { bus, core, principals, log, limits, clock = () => performance.now(), presence = presenceInProcess() } = deps;
  const { deliveryTrackedIn = new Set<Realm>(), accountBudget = unlimited, trustClientSampling = false } = deps;
  const timings: Timings = { ...timingsDefault, ...deps.timings };
  const connections = new Map<ConnectionId, Connection>();
  const dialects = new Map<DialectName, number>();
  const count = (dialect: DialectName, change: number): void =>
    void dialects.set(dialect, (dialects.get(dialect) ?? 0) + change);
  const counters = createConnectionMetrics(deps.metrics);
  const timers = new TimerWheel(clock);
  const writeBuffer = new WriteBuffer(
    { hardBytes: limits.outgoingBytesMax, softBytes: timings.softBytes, softMs: timings.softMs },
    clock,
    (error) => log.error({ err: error }, 'Frames could not be written'),
    counters.lag,
  );

  const deliveries = new DeliveryTracker({ core, writeBuffer, log, trackedIn: deliveryTrackedIn });
  const superseding = new Superseding({ bus, presence });
  const { registry, heads } = createStreams(
    { bus, core, log, timings, clock, timers, writeBuffer, counters },
    {
      connection: (id) => {
        const connection = connections.get(id);
        return connection?.isAuthenticated ? connection : undefined;
      },
      onEntered: superseding.onEntered,
      onInboxDelivered: (member, event) => deliveries.note(member.id, event),
    },
  );
  const catchUpDeps = {
    writeBuffer,
    reads: pLimit(timings.catchUpsMax),
    timings,
    onInboxReplayed: (member: StreamMember, event: MessageCreatedEvent) => deliveries.note(member.id, event),
    onReset: () => void (counters.resets += 1),
  };
  const catchUpOn = (member: StreamMember, stream: Stream, after: number, options?: CatchUpOptions) =>
    catchUp(catchUpDeps, member, stream, after, options);
  const attachments = new Attachments({ core, log, registry, timings, catchUp: catchUpOn });
  const peers = createPeers({ bus, core, log, timings, writeBuffer });
  const targets = new TargetResolver({ core, presence });
  const execute = createExecute({ core, bus, principals, attachments, peers, targets, timings, clock });

  const inboxDeps = { registry, timings, log, clock, catchUp: catchUpOn };
  const openInbox = (connection: Connection) => InboxSubscription.open(connection, inboxDeps);
  const openingDeps = { bus, core, principals, attachments, superseding, deliveries, counters, openInbox };
  const open = async (connection: Connection, firstFrame: string | null): Promise<void> => {
    if (!(await openConnection(openingDeps, connection, firstFrame))) return;
    frames.handleEarly(connection);
    if (connection.isLive) connection.schedule();
  };
  const acknowledger = new Acknowledger({
    core,
    timings,
    clock,
    onRefused: () => void (counters.throttled.too_many_pending += 1),
  });
  const queueFor = createCommandQueues({ execute, counters, timings, clock, log, trustClientSampling });
  const frames = new FrameHandler({
    openConnection: open,
    queueFor,
    acknowledger,
    accountBudget,
    counters,
    limits,
    timings,
    clock,
  });
  const handlers: ConnectionHandlers<Connection> = {
    frame: (connection, text) => frames.handle(connection, text),
    delayedFrames: (connection) => frames.releaseDelayed(connection),
    suspended: (connection) => attachments.suspend(connection),
    reactivated: (connection) => reactivate({ core, log, attachments, deliveries }, connection),
    detach: (connection, channelId) => attachments.detach(connection, channelId),
    follow: (connection, joined) => attachments.follow(connection, joined),
    closed: (connection) => {
      if (connections.delete(connection.id)) count(connection.upgrade.dialect, -1);
    },
  };
  const connectionDeps = { log, limits, timings, clock, timers, writeBuffer, counters, handlers };

  if (deps.metrics) {
    exposeConnectionMetrics(deps.metrics, {
      counters,
      writeBuffer,
      registry,
      dialects,
      present: () => presence.held(),
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

  return {
    execute,
    accept(socket, upgrade) {
      const connection = new Connection(socket, upgrade, connectionDeps);
      connections.set(connection.id, connection);
      count(upgrade.dialect, 1);
      counters.opened.set(upgrade.dialect, (counters.opened.get(upgrade.dialect) ?? 0) + 1);
      if (connection.phase === 'opening') void open(connection, null);
    },
    drain: async ({ withinMs }) => {
      await drainAll(connections, { writeBuffer, withinMs, closeMs: timings.closeMs });
      await peers.settle();
      await deliveries.settle();
    },
    stats: () => ({ connections: connections.size, streams: registry.size, counters }),
    stop() {
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
    },
  };
};

const unlimited: AccountBudget = { take: () => null, giveBack: () => {} };

interface StreamsDeps {
  readonly bus: Bus;
  readonly core: Core;
  readonly log: Log;
  readonly timings: Timings;
  readonly clock: () => number;
  readonly timers: TimerWheel;
  readonly writeBuffer: WriteBuffer;
  readonly counters: ConnectionMetrics;
}

interface StreamsListener {
  connection(id: ConnectionId): ConnectionView | undefined;
  onEntered(event: BusEventNamed<'connection.entered'>): void;
  onInboxDelivered(member: StreamMember, event: MessageCreatedEvent): void;
}

const createStreams = (
  { bus, core, log, timings, clock, timers, writeBuffer, counters }: StreamsDeps,
  { connection, onEntered, onInboxDelivered }: StreamsListener,
): { readonly registry: StreamRegistry; readonly heads: HeadPoller } => {
  const membership = createMembership({ core, log });
  const { recheck } = membership;
  const streams = (): Iterable<Stream> => registry.all();
  const missedJoins = new MissedJoinDetector({ core, streams });
  const checkMissedJoins = (): Promise<void> => missedJoins.check();
  const heads: HeadPoller = new HeadPoller({ core, log, timings, streams, recheck, checkMissedJoins });
  const interest = createInterest({ bus, heads, timers, lingerMs: timings.lingerMs, clock });
  const registry: StreamRegistry = new StreamRegistry(interest, {
    writeBuffer,
    timings,
    read: createStreamReader({ core, connection }),
    recheck,
    onMembership: membership.onEvent,
    onEntered,
    onInboxDelivered,
    onUnused: (stream) => registry.drop(stream),
    encodingFailed(event, error) {
      log.error({ err: error, event: event.name }, 'An event could not be encoded');
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
  return { registry, heads };
};

interface PeersOptions {
  readonly bus: Bus;
  readonly core: Core;
  readonly log: Log;
  readonly timings: Pick<Timings, 'holdBackMs' | 'callMs'>;
  readonly writeBuffer: WriteBuffer;
}

const createPeers = ({ bus, core, log, timings: { holdBackMs, callMs }, writeBuffer }: PeersOptions): Peers => {
  const onOffline: Peers['onOffline'] = (event) => peers.onOffline(event);
  const networks = new PeerNetworks({ bus, core, log, writeBuffer, holdBackMs, callMs, onOffline });
  const peers = new Peers({ core, log, networks, callMs });
  return peers;
};
