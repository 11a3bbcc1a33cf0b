import { setTimeout as sleep } from 'node:timers/promises';
import { asFault } from '@parley/contracts';

const firstWaitMs = 250;
const longestWaitMs = 5_000;

export interface Persistence {
  /** How long a call is repeated. Default: two minutes. */
  readonly withinMs?: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Repeats a call that fails with `unavailable`: a service that is restarted, or a database that fails over, does not end an import. Every
 * call of an import may be repeated. Rejects with its last Fault.
 */
export const persistently = async <T>(
  call: () => Promise<T>,
  { withinMs = 120_000, signal }: Persistence = {},
): Promise<T> => {
  const until = performance.now() + withinMs;
  for (let waitMs = firstWaitMs; ; waitMs = Math.min(longestWaitMs, waitMs * 2)) {
    try {
      signal?.throwIfAborted();
      return await call();
    } catch (error) {
      const { code } = asFault(error);
      if (signal?.aborted || code !== 'unavailable' || performance.now() + waitMs > until) throw error;
      await sleep(waitMs * (0.5 + Math.random() / 2), undefined, { signal });
    }
  }
};
