/** Longer than any request that is made while the lock is held. */
const patienceMs = 20_000;

interface Locks {
  request<T>(name: string, options: { signal: AbortSignal } | { steal: true }, work: () => Promise<T>): Promise<T>;
}

/**
 * Runs `work` while no other tab of the origin runs one of this name (Web Locks). A tab that holds the lock for 20 s is frozen, and the lock
 * is taken from it. When it goes on, two run at once, as they do without Web Locks: the storage is read again before a refresh, and the
 * server repeats a response that was lost.
 */
export const exclusively = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
  const locks = (globalThis as { navigator?: { locks?: Locks } }).navigator?.locks;
  if (!locks) return work();
  const waiting = new AbortController();
  const timer = setTimeout(() => waiting.abort(), patienceMs);
  let running: Promise<T> | undefined;
  const run = (): Promise<T> => {
    clearTimeout(timer);
    running ??= work();
    return running;
  };
  try {
    return await locks.request(name, { signal: waiting.signal }, run).catch((error: unknown) => {
      if (running) throw error;
      return locks.request(name, { steal: true }, run);
    });
  } catch {
    // The lock was taken from this tab, or there is none: the work goes on without it.
    return await run();
  } finally {
    clearTimeout(timer);
  }
};
