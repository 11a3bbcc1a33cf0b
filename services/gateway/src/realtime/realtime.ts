import type { Bus } from '@parley/bus';
import type { ConnectionId, DialectName, Realm } from '@parley/contracts';
import { Fault, isFault } from '@parley/contracts';
import type { Log, Metrics } from '@parley/runtime';
import pLimit from 'p-limit';
import type { Core } from '../core.js';
import type { Principals } from '../edge/principal.js';
import type { LiveSocket } from '../edge/socket.js';
import { letIn } from './arrival.js';
import type { Door } from './arrival.js';
import { Attachments } from './attachments.js';
import { createCounts, exposeCounts } from './counts.js';
import type { Counts } from './counts.js';
import type { Ground } from './ground.js';
import { HeadsKeeper } from './heads.js';
import { drainAll, restart } from './drain.js';
import { Hub } from './hub.js';
import { InboxKeeper } from './inbox-keeper.js';
import { createInterest } from './interest.js';
import { Joins } from './joins.js';
import { createMembership } from './membership.js';
import { Outbox } from './outbox.js';
import { paceDefault } from './pace.js';
import type { AccountBudget, Pace, RealtimeLimits } from './pace.js';
import { createPages } from './pages.js';
import { PeerNetworks } from './peer-networks.js';
import { Peers } from './peers.js';
import { presenceInProcess } from './presence.js';
import type { Presence } from './presence.js';
import { Reach } from './reach.js';
import { LiveSession } from './session.js';
import { SlowConsumers } from './slow-consumers.js';
import type { Stream } from './stream.js';
import { Takeovers } from './takeovers.js';
import { Wheel } from './wheel.js';

export interface Realtime {
  /** A socket that was just accepted; what it may do is found out from here on. */
  accept(socket: LiveSocket, door: Door): void;
  /** Sends everybody elsewhere, spread evenly over the time given, and closes who has not gone by then. */
  drain(options: { readonly withinMs: number }): Promise<void>;
  /** `counts` may be added to by the doors that lead here. */
  stats(): { readonly connections: number; readonly streams: number; readonly counts: Counts };
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
  readonly placesAskedIn?: ReadonlySet<Realm>;
  readonly trustClientSampling?: boolean;
  readonly clock?: () => number;
  readonly pace?: Partial<Pace>;
}

/** All live connections of this process: who they are, what they hear, what they ask. */
export const createRealtime = (deps: RealtimeDeps): Realtime => {
  const { bus, core, principals, log, limits, clock = () => performance.now(), presence = presenceInProcess() } = deps;
  const pace: Pace = { ...paceDefault, ...deps.pace };
  const sessions = new Map<ConnectionId, LiveSession>();
  const dialects = new Map<DialectName, number>();
  const count = (dialect: DialectName, change: number): void =>
    void dialects.set(dialect, (dialects.get(dialect) ?? 0) + change);
  const counts = createCounts(deps.metrics);
  const { placesAskedIn = new Set<Realm>(), accountBudget = unlimited, trustClientSampling = false } = deps;
  const guards = { limits, accountBudget, trustClientSampling };
  const basis = { bus, core, principals, log, ...guards, clock, pace, presence, counts, placesAskedIn };
  const ground = createGround(basis, sessions, (session) => {
    if (sessions.delete(session.id)) count(session.door.dialect, -1);
  });
  const { hub, outbox, wheel, heads, peers, takeovers, keeper } = ground;
  if (deps.metrics) {
    const present = (): number => presence.held();
    exposeCounts(deps.metrics, { counts, outbox, hub, dialects, present, sessions: () => sessions.values() });
  }

  const slowConsumers = new SlowConsumers({
    wheel,
    limits: {
      softBytes: pace.softBytes,
      softMs: pace.softMs,
      totalBytesMax: limits.bufferedBytesMax,
      checkMs: pace.slowCheckMs,
    },
    consumers: () => sessions.values(),
  });

  const stopRevoking = principals.onRevoked(({ sessionId }) => {
    const fault = new Fault('unauthenticated', 'session_ended', 'This session has ended');
    for (const session of sessions.values()) if (session.belongsTo(sessionId)) session.refuse(fault);
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
    for (const session of [...sessions.values()]) session.close(restart);
    peers.stop();
    takeovers.stop();
    keeper.stop();
    outbox.stop();
    slowConsumers.stop();
    hub.stop();
    wheel.stop();
  };

  return {
    accept(socket, door) {
      const session = new LiveSession(socket, door, ground);
      sessions.set(session.id, session);
      count(door.dialect, 1);
      counts.opened.set(door.dialect, (counts.opened.get(door.dialect) ?? 0) + 1);
      if (session.phase === 'arriving') void letIn(session, null);
    },
    drain: async ({ withinMs }) => {
      await drainAll(sessions, { outbox, withinMs, closeMs: pace.closeMs });
      await peers.settle();
      await keeper.settle();
    },
    stats: () => ({ connections: sessions.size, streams: hub.size, counts }),
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
  | 'pace'
  | 'presence'
  | 'counts'
> &
  Required<Pick<RealtimeDeps, 'placesAskedIn'>>;

const createGround = (
  basis: Basis,
  sessions: ReadonlyMap<ConnectionId, LiveSession>,
  forget: (session: LiveSession) => void,
): Ground & { readonly heads: HeadsKeeper } => {
  const { bus, core, log, limits, clock, pace, presence, counts, placesAskedIn } = basis;
  const wheel = new Wheel(clock);
  const outbox = new Outbox(
    { hardBytes: limits.outgoingBytesMax, softBytes: pace.softBytes, softMs: pace.softMs },
    clock,
    (error) => log.error({ err: error }, 'Frames could not be written'),
    counts.lag,
  );
  const keeper = new InboxKeeper({ core, outbox, log, askedIn: placesAskedIn });
  const takeovers = new Takeovers({ bus, presence });
  const membership = createMembership({ core, log });
  const { recheck } = membership;
  const streams = (): Iterable<Stream> => hub.all();
  const joins = new Joins({ core, streams });
  const heads: HeadsKeeper = new HeadsKeeper({ core, log, pace, streams, recheck, checkJoins: () => joins.check() });
  const interest = createInterest({ bus, heads, wheel, lingerMs: pace.lingerMs, clock });
  const hub: Hub = new Hub(interest, {
    outbox,
    pace,
    read: createPages({ core, session: (id) => sessions.get(id) }),
    recheck,
    onMembership: membership.onFact,
    onEntered: takeovers.onEntered,
    onInboxDelivered(stream, fact) {
      for (const hearer of stream.hearers()) keeper.note(hearer as LiveSession, fact);
    },
    onUnused: (stream) => hub.drop(stream),
    encodingFailed(fact, error) {
      log.error({ err: error, fact: fact.name }, 'A fact could not be encoded');
    },
    heldBack() {
      counts.heldBack += 1;
    },
    skippedHole() {
      counts.holes += 1;
    },
    repaired(entries) {
      counts.repairs += 1;
      counts.repairedEntries += entries;
    },
    repairFailed(stream, error) {
      counts.repairFailures += 1;
      const reason = isFault(error) ? error.reason : 'bad_answer';
      log.warn({ stream: stream.scope, reason }, 'What is missing could not be read');
    },
  });
  const without = { ...basis, reach: new Reach({ core, presence }), keeper, wheel, outbox, hub, forget };
  const attachments = new Attachments(without, { outbox, reads: pLimit(pace.catchUpsMax), pace });
  return { ...without, attachments, heads, takeovers, peers: createPeers(basis, outbox) };
};

const createPeers = ({ bus, core, log, pace }: Basis, outbox: Outbox): Peers => {
  const { holdBackMs, callMs } = pace;
  const onOffline: Peers['onOffline'] = (fact) => peers.onOffline(fact);
  const networks = new PeerNetworks({ bus, core, log, outbox, holdBackMs, callMs, onOffline });
  const peers = new Peers({ core, log, networks, callMs });
  return peers;
};
