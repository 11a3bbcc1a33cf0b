import { faultCodes } from '@parley/contracts';
import type { DialectName } from '@parley/contracts';
import { secondsBuckets } from '@parley/runtime';
import type { Histogram, Metrics } from '@parley/runtime';
import type { StreamRegistry } from '../streams/stream-registry.js';
import type { WriteBuffer } from '../broadcast/write-buffer.js';

/** Why a connection ended: the client closed it or was lost, or the gateway closed it. A closed list, so that it can be a metric label. */
const closeReasons = [
  'client',
  'lost',
  'silent',
  'bad_frame',
  'frame_too_large',
  'too_many_frames',
  'slow_reader',
  'restart',
  ...faultCodes,
] as const;
export type CloseReason = (typeof closeReasons)[number];

/** Limits for which the gateway refuses frames, commands or connections. */
const throttleReasons = [
  'too_many_frames',
  'too_many_pending',
  'too_many_failures',
  'too_many_accounts',
  'too_many_requests',
  'busy',
  'gateway_full',
  'too_many_connections',
  'too_many_unauthenticated',
  'gateway_stopping',
  'overloaded',
] as const;
export type ThrottleReason = (typeof throttleReasons)[number];

/** Counters of connections and streams: plain numbers on the hot path, read when the metrics are scraped. */
export interface ConnectionMetrics {
  framesIn: number;
  /** Events that arrived before one with a lower sequence. */
  heldBack: number;
  repairs: number;
  repairedEntries: number;
  repairFailures: number;
  /** Gaps for which chat has no entries, and which were skipped. */
  holes: number;
  /** Resumptions that were answered with `reset`. */
  resets: number;
  readonly opened: Map<DialectName, number>;
  readonly closes: Record<CloseReason, number>;
  readonly throttled: Record<ThrottleReason, number>;
  /** From a frame's arrival to its answer. */
  readonly answered: Pick<Histogram<'intent' | 'outcome'>, 'observe'>;
  /** From a message's commit to its write to the sockets of its subscribers. */
  readonly lag: Pick<Histogram<never>, 'observe'>;
}

const zeros = <Name extends string>(names: readonly Name[]): Record<Name, number> =>
  Object.fromEntries(names.map((name) => [name, 0])) as Record<Name, number>;

const unobserved = { observe: (): void => {} };
const lagBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

export const createConnectionMetrics = (metrics: Metrics | undefined): ConnectionMetrics => ({
  framesIn: 0,
  heldBack: 0,
  repairs: 0,
  repairedEntries: 0,
  repairFailures: 0,
  holes: 0,
  resets: 0,
  opened: new Map(),
  closes: zeros(closeReasons),
  throttled: zeros(throttleReasons),
  answered:
    metrics?.histogram('parley_intent_seconds', 'From the arrival of a frame to its answer', secondsBuckets, [
      'intent',
      'outcome',
    ]) ?? unobserved,
  lag:
    metrics?.histogram(
      'parley_delivery_lag_seconds',
      'From the commit of a message to its write to the sockets that receive it, once for each message and gateway',
      lagBuckets,
    ) ?? unobserved,
});

/** The reason for a close code that the gateway sends. */
export const reasonOf = (code: number): CloseReason => {
  switch (code) {
    case 1008:
      return 'too_many_frames';
    case 1009:
      return 'frame_too_large';
    case 1012:
      return 'restart';
    case 1013:
      return 'slow_reader';
    default:
      return 'internal';
  }
};

/** The reason for a close that the gateway did not begin: by the code that the client sent, or that the WebSocket library reports. */
export const reasonOfTheirs = (code: number): CloseReason => {
  if (code === 1006) return 'lost';
  if (code === 1009) return 'frame_too_large';
  return code === 1002 || code === 1003 || code === 1007 ? 'bad_frame' : 'client';
};

interface MeasuredConnection {
  readonly output: { readonly pendingBytes: number };
  readonly commands: { readonly depth: number } | null;
}

interface Source {
  readonly counters: ConnectionMetrics;
  readonly writeBuffer: WriteBuffer;
  readonly registry: StreamRegistry;
  readonly dialects: ReadonlyMap<DialectName, number>;
  /** Accounts that are connected to this gateway. */
  present(): number;
  connections(): Iterable<MeasuredConnection>;
}

export const exposeConnectionMetrics = (metrics: Metrics, source: Source): void => {
  exposeConnections(metrics, source);
  exposeFrames(metrics, source);
  exposeOrder(metrics, source);
};

type Numbers = Readonly<Record<string, number>> | ReadonlyMap<string, number>;

/** Each number, labelled with its name. */
const by =
  <Label extends string>(label: Label, numbers: Numbers) =>
  () =>
    [...(numbers instanceof Map ? numbers : Object.entries(numbers))].map(
      ([name, count]: [string, number]) => [{ [label]: name } as Record<Label, string>, count] as const,
    );

const exposeConnections = (metrics: Metrics, { counters, dialects, present }: Source): void => {
  metrics.gauge('parley_connections', 'Live connections', { labels: ['dialect'], read: by('dialect', dialects) });
  metrics.counter('parley_connections_opened_total', 'Connections accepted', {
    labels: ['dialect'],
    read: by('dialect', counters.opened),
  });
  metrics.counter('parley_connections_closed_total', 'Connections ended, and why', {
    labels: ['reason'],
    read: by('reason', counters.closes),
  });
  metrics.counter('parley_throttled_total', 'What was refused because there was too much of it', {
    labels: ['reason'],
    read: by('reason', counters.throttled),
  });
  metrics.gauge('parley_present_accounts', 'Accounts that are connected here', { read: present });
};

const exposeFrames = (metrics: Metrics, { counters, writeBuffer, connections }: Source): void => {
  const counted = (name: string, help: string, read: () => number): void => void metrics.counter(name, help, { read });
  const sumOf = (value: (connection: MeasuredConnection) => number): number => {
    let sum = 0;
    for (const connection of connections()) sum += value(connection);
    return sum;
  };
  counted('parley_frames_in_total', 'Frames from clients', () => counters.framesIn);
  counted('parley_deliveries_total', 'Frames to clients', () => writeBuffer.counters.deliveries);
  counted('parley_sent_bytes_total', 'Bytes of frames to clients', () => writeBuffer.counters.bytes);
  counted('parley_writes_total', 'Writes to sockets, each of one or more frames', () => writeBuffer.counters.writes);
  counted('parley_flushes_total', 'Flushes', () => writeBuffer.counters.flushes);
  counted('parley_flush_seconds_total', 'Time that flushes took', () => writeBuffer.counters.flushMs / 1_000);
  metrics.gauge('parley_flush_window_seconds', 'How long frames gather', { read: () => writeBuffer.windowMs / 1_000 });
  metrics.gauge('parley_pending_bytes', 'Bytes that clients have not taken yet', {
    read: () => sumOf((connection) => connection.output.pendingBytes),
  });
  metrics.gauge('parley_pending_bytes_max', 'The most that one client has not taken yet', {
    read: () => {
      let most = 0;
      for (const { output } of connections()) most = Math.max(most, output.pendingBytes);
      return most;
    },
  });
  metrics.gauge('parley_waiting_frames', 'Frames from clients that wait for their answer', {
    read: () => sumOf((connection) => connection.commands?.depth ?? 0),
  });
};

const exposeOrder = (metrics: Metrics, { counters, registry }: Source): void => {
  const counted = (name: string, help: string, read: () => number): void => void metrics.counter(name, help, { read });
  metrics.gauge('parley_streams', 'Streams held', { read: () => registry.size });
  counted(
    'parley_sequencer_held_back_total',
    'Events that arrived before their predecessor and waited',
    () => counters.heldBack,
  );
  counted('parley_sequencer_repairs_total', 'Range reads because an event did not arrive', () => counters.repairs);
  counted(
    'parley_sequencer_repaired_entries_total',
    'Entries that range reads brought',
    () => counters.repairedEntries,
  );
  counted(
    'parley_sequencer_repair_failures_total',
    'Range reads that failed; tried again',
    () => counters.repairFailures,
  );
  counted('parley_sequencer_holes_total', 'Gaps that their owner knows nothing of', () => counters.holes);
  counted('parley_resets_total', 'Resumes answered with reset: the client pages over REST', () => counters.resets);
};
