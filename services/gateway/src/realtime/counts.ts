import type { DialectName } from '@parley/contracts';
import type { Metrics } from '@parley/runtime';
import type { Hub } from './hub.js';
import type { Outbox } from './outbox.js';
import type { LiveSession } from './session.js';

/** What is counted of the socket road; plain numbers on the hot path, read when the metrics are asked for. */
export interface Counts {
  framesIn: number;
  repairs: number;
  repairedEntries: number;
  slowReadersClosed: number;
  rateLimited: number;
}

export const createCounts = (): Counts => ({
  framesIn: 0,
  repairs: 0,
  repairedEntries: 0,
  slowReadersClosed: 0,
  rateLimited: 0,
});

export const exposeCounts = (
  metrics: Metrics,
  source: {
    readonly counts: Counts;
    readonly outbox: Outbox;
    readonly hub: Hub;
    readonly dialects: ReadonlyMap<DialectName, number>;
    sessions(): Iterable<LiveSession>;
  },
): void => {
  const { counts, outbox, hub } = source;
  const told = (name: string, help: string, read: () => number): void => void metrics.gauge(name, help, { read });
  const connections = metrics.gauge('parley_connections', 'Live connections', { labels: ['dialect'] });
  told('parley_connections_all', 'Live connections of all wires', () => {
    let all = 0;
    for (const [dialect, count] of source.dialects) {
      connections.set({ dialect }, count);
      all += count;
    }
    return all;
  });
  told('parley_streams', 'Streams held', () => hub.size);
  told('parley_frames_in_total', 'Frames from clients', () => counts.framesIn);
  told('parley_deliveries_total', 'Frames to clients', () => outbox.counts.deliveries);
  told('parley_writes_total', 'Writes to sockets, each of one or more frames', () => outbox.counts.writes);
  told('parley_flushes_total', 'Flushes', () => outbox.counts.flushes);
  told('parley_flush_window_ms', 'How long frames gather', () => outbox.windowMs);
  told('parley_sequencer_repairs_total', 'Range reads because a fact did not come', () => counts.repairs);
  told('parley_sequencer_repaired_entries_total', 'Entries that range reads brought', () => counts.repairedEntries);
  told(
    'parley_slow_readers_closed_total',
    'Connections closed because they did not read',
    () => counts.slowReadersClosed,
  );
  told('parley_rate_limited_total', 'Frames refused because there were too many', () => counts.rateLimited);
  told('parley_pending_bytes', 'Bytes that clients have not taken yet', () => {
    let bytes = 0;
    for (const session of source.sessions()) bytes += session.pendingBytes;
    return bytes;
  });
};
