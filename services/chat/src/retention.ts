import type { Log, Metrics } from '@parley/runtime';
import type { Retention } from './store/retention.js';

interface Deps {
  readonly retention: Retention;
  readonly log: Log;
  readonly metrics: Metrics | undefined;
}

/** Removes, batch by batch, all that is older than the configured age (0: everything is kept); `stop` ends it after a batch. */
export const createRetention = (
  retentionMs: number,
  { retention, log, metrics }: Deps,
): { readonly run: () => Promise<void>; stop(): void } => {
  let total = 0;
  let isStopped = false;
  metrics?.counter('parley_chat_removed_total', 'Messages removed because they were older than is kept', {
    read: () => total,
  });
  return {
    stop: () => {
      isStopped = true;
    },
    run: async () => {
      if (retentionMs === 0) return;
      const before = total;
      for (let removed = Infinity; removed > 0 && !isStopped; total += removed)
        removed = await retention.removeOlder(retentionMs);
      if (total > before) log.info({ removed: total - before }, 'Messages older than is kept were removed');
    },
  };
};
