/**
 * Lets at most `limit` pieces of work run at once per key; the rest wait in line. Without it a burst of guesses would all be
 * looked at before the first of them has failed.
 */
export const createTurnstile = (limit: number) => {
  const lines = new Map<string, { inside: number; readonly waiting: (() => void)[] }>();

  const leave = (key: string): void => {
    const line = lines.get(key);
    if (!line) return;
    const next = line.waiting.shift();
    // The place passes on to the next in line, so `inside` stays.
    if (next) next();
    else if (--line.inside === 0) lines.delete(key);
  };

  return async <T>(key: string, work: () => Promise<T>): Promise<T> => {
    const line = lines.get(key) ?? { inside: 0, waiting: [] };
    lines.set(key, line);
    if (line.inside < limit) line.inside += 1;
    else await new Promise<void>((resolve) => line.waiting.push(resolve));
    try {
      return await work();
    } finally {
      leave(key);
    }
  };
};
