import { performance } from 'node:perf_hooks';

/**
 * How long frames gather for each millisecond that a flush takes: flushing leaves at least a fifth of the time to other work. A
 * longer rest costs latency where the loop still has time (measured: 50 messages a second to 1,000 sockets, p99 14 ms instead
 * of 35), and gains nothing where it has none, because the frames that wait then are joined in any case.
 */
const restPerCost = 0.25;
const widthMaxMs = 10;
/** A flush as short as this needs no rest. */
const shortCostMs = 0.8;
/** Windows by event loop utilization. One-to-one traffic has short flushes, but gains from gathering as well. */
const widthsBusy = [
  { fromShare: 0.9, widthMs: 10 },
  { fromShare: 0.8, widthMs: 5 },
  { fromShare: 0.6, widthMs: 2 },
];
const sampleMs = 200;
const weightOfNew = 0.3;

export interface FlushScheduler {
  readonly widthMs: number;
  /** Frames are pending: flush when the window closes. */
  open(): void;
  /** A flush ended, and took this long. */
  closed(costMs: number): void;
  stop(): void;
}

/**
 * Decides when to flush. When idle, at the end of this turn of the event loop; the longer flushes take and the busier the loop
 * is, the longer frames gather, because the same system call then carries more of them.
 */
export const createFlushScheduler = (flush: () => void): FlushScheduler => {
  let widthMs = 0;
  let costMs = 0;
  let busyMs = 0;
  let lastEnd = 0;
  let immediate: NodeJS.Immediate | null = null;
  let timer: NodeJS.Timeout | null = null;
  let sampledAt = performance.now();
  let sample = performance.eventLoopUtilization();

  const measure = (now: number): void => {
    if (now - sampledAt < sampleMs) return;
    const next = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(next, sample);
    sample = next;
    sampledAt = now;
    busyMs = widthsBusy.find(({ fromShare }) => utilization >= fromShare)?.widthMs ?? 0;
  };
  const disarm = (): void => {
    if (immediate) clearImmediate(immediate);
    if (timer) clearTimeout(timer);
    immediate = timer = null;
  };
  const due = (): void => {
    immediate = timer = null;
    flush();
  };

  return {
    get widthMs() {
      return widthMs;
    },
    open() {
      if (immediate || timer) return;
      const waitMs = widthMs - (performance.now() - lastEnd);
      if (waitMs < 1) immediate = setImmediate(due);
      else timer = setTimeout(due, waitMs);
    },
    closed(lastCostMs) {
      disarm();
      lastEnd = performance.now();
      measure(lastEnd);
      costMs += (lastCostMs - costMs) * weightOfNew;
      const restMs = costMs < shortCostMs ? 0 : Math.min(widthMaxMs, costMs * restPerCost);
      widthMs = Math.max(busyMs, restMs);
    },
    stop: disarm,
  };
};
