import type { Observable } from './observable.js';
import { reportError } from './report-error.js';

/** An observable that its owner sets. `onUse` is called when the first subscriber arrives (true) and when the last one leaves (false). */
export class State<T> implements Observable<T> {
  #value: T;
  readonly #listeners = new Set<(value: T) => void>();

  constructor(
    value: T,
    private readonly onUse: (isUsed: boolean) => void = () => {},
  ) {
    this.#value = value;
  }

  get value(): T {
    return this.#value;
  }

  get isUsed(): boolean {
    return this.#listeners.size > 0;
  }

  set(value: T): void {
    if (Object.is(value, this.#value)) return;
    this.#value = value;
    for (const listener of [...this.#listeners]) {
      try {
        listener(value);
      } catch (error) {
        reportError(error);
      }
    }
  }

  subscribe(listener: (value: T) => void): () => void {
    // A function that subscribes twice has two subscriptions.
    const own = (value: T): void => listener(value);
    this.#listeners.add(own);
    if (this.#listeners.size === 1) this.onUse(true);
    return () => {
      if (this.#listeners.delete(own) && this.#listeners.size === 0) this.onUse(false);
    };
  }

  [Symbol.asyncIterator](): AsyncIterator<T> {
    let isNew = true;
    let isOver = false;
    const waiting: ((result: IteratorResult<T>) => void)[] = [];
    const stop = this.subscribe((value) => {
      const resolve = waiting.shift();
      isNew = resolve === undefined;
      resolve?.({ done: false, value });
    });
    return {
      next: () => {
        if (isOver) return Promise.resolve({ done: true, value: undefined });
        if (!isNew) return new Promise((resolve) => waiting.push(resolve));
        isNew = false;
        return Promise.resolve({ done: false, value: this.#value });
      },
      return: () => {
        isOver = true;
        stop();
        for (const resolve of waiting.splice(0)) resolve({ done: true, value: undefined });
        return Promise.resolve({ done: true, value: undefined });
      },
    };
  }
}
