/** Longer than any request that is made while the lock is held. */
const patienceMs = 20_000;

interface Locks {
  request<T>(name: string, options: { signal: AbortSignal }, work: () => Promise<T>): Promise<T>;
}

/**
 * Runs `work` while no other tab of the origin runs one of this name (Web Locks). Without Web Locks, or when the lock is not released
 * within 20 s, it runs anyway: the storage is read again before a refresh, and the server repeats a response that was lost.
 */
export const exclusively = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
  const locks = (globalThis as { navigator?: { locks?: Locks } }).navigator?.locks;
  if (!locks) return work();
  const waiting = new AbortController();
  const timer = setTimeout(() => waiting.abort(), patienceMs);
  let isHeld = false;
  try {
    return await locks.request(name, { signal: waiting.signal }, () => {
      isHeld = true;
      clearTimeout(timer);
      return work();
    });
  } catch (error) {
    if (isHeld) throw error;
    return await work();
  } finally {
    clearTimeout(timer);
  }
};
