import { isFault } from '@parley/contracts';
import type { Log } from '@parley/runtime';
import type { StreamObserver } from '../streams/stream-observer.js';
import type { ConnectionMetrics } from './connection-metrics.js';

/** Counts what happens to the events of streams, and logs what fails. */
export const countStreamEvents = (counters: ConnectionMetrics, log: Log): StreamObserver => ({
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
  repairFailed(scope, error) {
    counters.repairFailures += 1;
    log.warn(
      { stream: scope, reason: isFault(error) ? error.reason : 'bad_answer' },
      'What is missing could not be read',
    );
  },
  encodingFailed(event, error) {
    log.error({ err: error, event: event.name }, 'An event could not be encoded');
  },
});
