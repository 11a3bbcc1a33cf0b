import type { Bus } from '@parley/bus';
import type { BusEventNamed, ConnectionId, SequencedBusEvent } from '@parley/contracts';
import type { Log } from '@parley/runtime';
import type { WriteBuffer } from '../broadcast/write-buffer.js';
import type { Core } from '../core.js';
import type { ConnectionView } from '../protocol/dialect.js';
import type { TimerWheel } from '../timing/timer-wheel.js';
import type { Timings } from '../timing/timings.js';
import { HeadPoller } from './head-poller.js';
import { createInterest } from './interest.js';
import type { StreamMember } from './member.js';
import { createMembership } from './membership.js';
import { MissedJoinDetector } from './missed-joins.js';
import { createStreamReader } from './stream-reader.js';
import type { StreamObserver } from './stream-observer.js';
import { StreamRegistry } from './stream-registry.js';
import type { Stream } from './stream.js';

export interface StreamsDeps {
  readonly bus: Bus;
  readonly core: Core;
  readonly log: Log;
  readonly timings: Timings;
  /** Monotonic milliseconds. */
  readonly clock: () => number;
  readonly timers: TimerWheel;
  readonly writeBuffer: WriteBuffer;
  readonly observer: StreamObserver;
}

/** What streams ask and report of connections. */
export interface StreamsListener {
  /** An authenticated connection of this process. */
  connection(id: ConnectionId): ConnectionView | undefined;
  onEntered(event: BusEventNamed<'connection.entered'>): void;
  onInboxDelivered(member: StreamMember, event: SequencedBusEvent): void;
}

export interface Streams {
  readonly registry: StreamRegistry;
  readonly heads: HeadPoller;
}

/** Creates the streams of this process, and what keeps them complete and their members authorized. */
export const createStreams = (deps: StreamsDeps, listener: StreamsListener): Streams => {
  const { bus, core, log, timings, clock, timers, writeBuffer, observer } = deps;
  const { connection, onEntered, onInboxDelivered } = listener;
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
    observer,
    membership,
    read: createStreamReader({ core, connection }),
    onEntered,
    onInboxDelivered,
    onUnused: (stream) => registry.drop(stream),
  });
  return { registry, heads };
};
