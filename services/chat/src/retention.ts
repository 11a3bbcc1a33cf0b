import type { Log, Metrics } from '@parley/runtime';
import type { Retention } from './store/retention.js';

interface Deps {
  readonly retention: Retention;
  readonly log: Log;
  readonly metrics: Metrics | undefined;
  readonly clock: () => number;
}

/** Removes, page by page, all that is older than an operator wants to keep. */
export const createRetention = (
  keptMs: number,
  { retention, log, metrics, clock }: Deps,
): { readonly run: () => Promise<void> } => {
  let total = 0;
  metrics?.counter('parley_chat_removed_total', 'Messages removed because they were older than is kept', {
    read: () => total,
  });
  return {
    run: async () => {
      const before = total;
      const than = clock() - keptMs;
      for (let removed = Infinity; removed > 0; total += removed) removed = await retention.removeOlder(than);
      if (total > before) log.info({ removed: total - before }, 'Messages older than is kept were removed');
    },
  };
};
