import pLimit from 'p-limit';
import { SlowConsumers } from '../broadcast/slow-consumers.js';
import { WriteBuffer } from '../broadcast/write-buffer.js';
import { preferencesOfTokens } from '../authentication/account-preferences.js';
import { createExecute } from '../commands/execute.js';
import * as commands from '../commands/handlers.js';
import { sendMessage } from '../commands/messages/send-message.js';
import { sendMessages } from '../commands/messages/send-messages.js';
import type { Execute } from '../commands/execute.js';
import { ReceiptBatches } from '../commands/receipts/receipt-batches.js';
import { TargetResolver } from '../commands/target-resolver.js';
import { Acknowledger } from '../inbox/acknowledgements.js';
import { DeliveryTracker } from '../inbox/delivery-tracker.js';
import { InboxSubscription } from '../inbox/inbox-subscription.js';
import { OpeningPace } from '../limits/opening-pace.js';
import type { AccountBudget } from '../limits/realtime-limits.js';
import { createPeers } from '../peers/create-peers.js';
import { listenToPresence } from '../presence/presence-events.js';
import { PresenceSubscriptions } from '../presence/presence-subscriptions.js';
import { PresenceTracker } from '../presence/presence-tracker.js';
import { presenceInProcess } from '../presence/presence.js';
import { Superseding } from '../presence/superseding.js';
import type { ChannelPresence } from '../protocol/rest-deps.js';
import { Attachments } from '../streams/attachments.js';
import { createStreams } from '../streams/create-streams.js';
import type { StreamMember } from '../streams/member.js';
import { catchUp } from '../streams/replay.js';
import type { CatchUpDeps, CatchUpOptions } from '../streams/replay.js';
import { createSharedReads } from '../streams/shared-reads.js';
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
import { LiveConnections } from './live-connections.js';
import { OpenedAnnouncements } from './opened-announcements.js';
import { openConnection } from './opening.js';
import { reactivate } from './reactivation.js';
import type { RealtimeDeps, RealtimeOptions } from './realtime-deps.js';
import { countStreamEvents } from './stream-counts.js';

export interface Realtime {
  /** null: a connection may open now. Otherwise after how many milliseconds its client may come back, because too many are opening. */
  admit(): number | null;
  /** Takes over a WebSocket that was just accepted, and opens its connection. */
  accept(socket: ConnectionSocket, upgrade: AcceptedUpgrade): void;
  /** Runs a command, of a frame or of a REST request. */
  readonly execute: Execute;
  /** For REST requests about presence. */
  readonly presence: ChannelPresence;
  /** Asks all clients to reconnect elsewhere, spread evenly over `withinMs`, and closes the connections that did not leave. */
  drain(options: { readonly withinMs: number }): Promise<void>;
  /** The code that accepts connections may add to `counters`. */
  stats(): { readonly connections: number; readonly streams: number; readonly counters: ConnectionMetrics };
  stop(): void;
}

/** Creates the live connections of this process and all that they share. Only this function wires these parts together. */
export const createRealtime = (deps: RealtimeDeps, options: RealtimeOptions): Realtime => {
  const { bus, core, principals, log, clock = () => performance.now(), presence = presenceInProcess() } = deps;
  const { preferences = preferencesOfTokens } = deps;
  const { limits, accountBudget = unlimited, deliveryTrackedIn = new Set(), trustClientSampling = false } = options;
  const timings: Timings = { ...timingsDefault, ...options.timings };
  const counters = createConnectionMetrics(deps.metrics);
  const observer = countStreamEvents(counters, log);
  const connections = new LiveConnections(counters);
  const timers = new TimerWheel(clock);
  const pace = new OpeningPace(clock, options.pace);
  const writeBuffer = new WriteBuffer(
    { hardBytes: limits.outgoingBytesMax, softBytes: timings.softBytes, softMs: timings.softMs },
    clock,
    (error) => log.error({ err: error }, 'Frames could not be written'),
    counters.lag,
  );

  const deliveries = new DeliveryTracker({ core, writeBuffer, log, trackedIn: deliveryTrackedIn });
  const tracker = new PresenceTracker({ bus, presence, preferencesOf: preferences.of });
  const superseding = new Superseding({ bus, presence, tracker });
  const { registry, heads } = createStreams(
    { bus, core, log, timings, clock, timers, writeBuffer, observer },
    {
      connection: connections.authenticated,
      onEntered: superseding.onEntered,
      onInboxDelivered: (member, event) => deliveries.note(member.id, event),
    },
  );
  const reads = createSharedReads({ limit: pLimit(timings.catchUpsMax), clock, recentMs: timings.recentMs });
  const catchUpDeps: CatchUpDeps = {
    writeBuffer,
    observer,
    read: reads.read,
    timings,
    onInboxReplayed: (member, event) => deliveries.note(member.id, event),
    onReset: () => void (counters.resets += 1),
  };
  const catchUpOn = (member: StreamMember, stream: Stream, after: number, how?: CatchUpOptions) =>
    catchUp(catchUpDeps, member, stream, after, how);
  const attachments = new Attachments({ core, log, registry, timings, catchUp: catchUpOn });
  const peers = createPeers({ bus, core, log, timings, writeBuffer, observer });
  const targets = new TargetResolver({ core, presence });
  const subscriptions = new PresenceSubscriptions({ core, log, presence, writeBuffer, timings });
  const presenceEvents = listenToPresence(bus, log, {
    onChanged(event) {
      tracker.onChanged(event);
      subscriptions.onChanged(event);
    },
    onMembership: (event) => subscriptions.onMembership(event),
  });
  preferences.onChanged((event) => tracker.setPreferences(event.realm, event.accountId, event.preferences));
  const receipts = new ReceiptBatches({ core, callMs: timings.callMs });
  const send = sendMessage({ core, targets, timings });
  const execute = createExecute({
    ...commands.messageHandlers({ core, bus, targets, timings, clock }, send),
    ...commands.receiptHandlers({ core, targets, timings, preferences, receipts }),
    ...commands.presenceHandlers({ core, tracker, subscriptions }),
    ...commands.channelHandlers({ core, targets, attachments }),
    ...commands.organizationHandlers({ core }),
    ...commands.accountHandlers({ core }),
    ...commands.sessionHandlers({ core, principals, attachments }),
    ...commands.peerHandlers({ peers }),
  });

  const inboxDeps = { registry, timings, log, clock, catchUp: catchUpOn };
  const openInbox = (connection: Connection) => InboxSubscription.open(connection, inboxDeps);
  const announcements = new OpenedAnnouncements(bus);
  const openingDeps = { core, principals, attachments, superseding, deliveries, counters, announcements, openInbox };
  const open = async (connection: Connection, firstFrame: string | null): Promise<void> => {
    const early = await pace.during(() => openConnection(openingDeps, connection, firstFrame));
    if (!early) return;
    frames.handleEarly(connection, early);
    if (connection.isLive) connection.schedule();
  };
  const acknowledger = new Acknowledger({
    core,
    timings,
    clock,
    onRefused: () => void (counters.throttled.too_many_pending += 1),
  });
  const sendList = sendMessages({ core, timings, clock }, send);
  const queueFor = createCommandQueues({ execute, sendList, counters, timings, clock, log, trustClientSampling });
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
    closed: (connection) => connections.remove(connection),
  };
  const connectionDeps = { log, limits, timings, clock, timers, writeBuffer, counters, handlers };

  if (deps.metrics) {
    exposeConnectionMetrics(deps.metrics, {
      counters,
      writeBuffer,
      registry,
      dialects: connections.counts,
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
  const stopRevoking = principals.onRevoked(({ sessionId }) => connections.refuseSession(sessionId));
  const stopWatching = bus.onConnectionChange((connected) => {
    if (!connected) return;
    void heads.check();
    void subscriptions.compare();
    peers.check();
  });

  return {
    execute,
    presence: subscriptions,
    admit: () => pace.admit(),
    accept(socket, upgrade) {
      const connection = new Connection(socket, upgrade, connectionDeps);
      connections.add(connection);
      if (upgrade.credentials || !upgrade.adapter.firstFrameMayAuthenticate) void open(connection, null);
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
      pace.stop();
      heads.stop();
      for (const connection of [...connections.values()]) connection.close(restart);
      peers.stop();
      superseding.stop();
      tracker.stop();
      presenceEvents.stop();
      subscriptions.stop();
      receipts.stop();
      reads.stop();
      deliveries.stop();
      writeBuffer.stop();
      slowConsumers.stop();
      registry.stop();
      timers.stop();
    },
  };
};

const unlimited: AccountBudget = { take: () => null, giveBack: () => {} };
