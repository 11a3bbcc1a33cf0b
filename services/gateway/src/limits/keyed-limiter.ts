import pLimit, { type LimitFunction } from 'p-limit';

/**
 * Lets at most `limit` pieces of work run at once per key; the rest wait in line. Without it a burst of guesses would all be
 * looked at before the first of them has failed.
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
