/** A value that can be watched; the SDK's observables have this shape too. */
export interface Watchable<T> {
  readonly value: T;
  /** Calls `listener` with each new value; returns a function that stops it. */
  subscribe(listener: (value: T) => void): () => void;
}

/** A value of the interface itself (route, theme, …); what the server knows comes from the SDK. */
export class State<T> implements Watchable<T> {
  #value: T;
  readonly #listeners = new Set<(value: T) => void>();

  constructor(initial: T) {
    this.#value = initial;
  }

  get value(): T {
    return this.#value;
  }

  set(value: T): void {
    if (Object.is(value, this.#value)) return;
    this.#value = value;
    for (const listener of [...this.#listeners]) listener(value);
  }

  subscribe(listener: (value: T) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }
}
