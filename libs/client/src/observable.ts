/**
 * A value that changes. `subscribe` calls the listener with each new value, not with the present one, and returns a function that ends the
 * subscription. Iterating yields the present value, then the newest one each time it has changed; values in between may be left out.
 */
export interface Observable<T> {
  readonly value: T;
  /** Calls the listener with each new value; returns a function that ends the subscription. */
  subscribe(listener: (value: T) => void): () => void;
  /** Yields the present value, then the newest one each time it has changed. */
  [Symbol.asyncIterator](): AsyncIterator<T>;
}

/** Options of every method that waits: aborting rejects with the reason of the signal. */
export interface Abortable {
  readonly signal?: AbortSignal | undefined;
}
