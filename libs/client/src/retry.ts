import { isParleyError, isRetryable } from './parley-error.js';
import type { ParleyError } from './parley-error.js';
import type { Abortable } from './observable.js';

/** Resolves after `ms`; rejects when the signal is aborted. */
const sleep = (ms: number, signal?: AbortSignal): Promise<void> =>
  abortable(new Promise((resolve) => setTimeout(resolve, Math.min(ms, 2 ** 31 - 1))), signal);

/** The promise, or a rejection with the reason of the signal, whatever comes first. */
export const abortable = <T>(promise: Promise<T>, signal?: AbortSignal): Promise<T> => {
  if (!signal) return promise;
  let stop = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    const abort = (): void => reject(signal.reason as Error);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort);
    stop = () => signal.removeEventListener('abort', abort);
  });
  return Promise.race([promise, aborted]).finally(stop);
};

export interface Retrying {
  /** Resolves when there is a connection; rejects when there will be none. */
  readonly whenConnected: () => Promise<void>;
  readonly retryMs: (error: ParleyError) => number;
  readonly isOver: () => boolean;
}

/** Repeats work that may be repeated until it is done, refused or aborted. */
export type Retry = <T>(work: () => Promise<T>, options?: Abortable) => Promise<T>;

export const createRetry =
  ({ whenConnected, retryMs, isOver }: Retrying): Retry =>
  async (work, { signal } = {}) => {
    for (;;) {
      signal?.throwIfAborted();
      try {
        return await abortable(work(), signal);
      } catch (error) {
        if (signal?.aborted || isOver() || !isParleyError(error)) throw error;
        if (!isRetryable(error) && error.code !== 'unauthenticated') throw error;
        if (error.reason !== 'connection_lost') await sleep(retryMs(error), signal);
        await abortable(whenConnected(), signal);
      }
    }
  };
