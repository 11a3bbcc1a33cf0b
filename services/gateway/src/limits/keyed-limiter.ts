import pLimit, { type LimitFunction } from 'p-limit';

/**
 * Runs at most `limit` tasks at once per key; the others wait in a queue. Without it a burst of guesses would all be checked before the
 * first of them has failed.
 */
export const createKeyedLimiter = (limit: number) => {
  const lines = new Map<string, LimitFunction>();

  return async <T>(key: string, work: () => Promise<T>): Promise<T> => {
    const line = lines.get(key) ?? pLimit(limit);
    lines.set(key, line);
    try {
      return await line(work);
    } finally {
      if (line.activeCount + line.pendingCount === 0) lines.delete(key);
    }
  };
};
