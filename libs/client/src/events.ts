/** Event emitter with typed events by name. */
export class Events<Map extends object> {
  readonly #handlers = new Map<keyof Map, Set<(event: never) => void>>();

  /** Returns a function that removes the handler. */
  on<Name extends keyof Map>(name: Name, handler: (event: Map[Name]) => void): () => void {
    const handlers = this.#handlers.get(name) ?? new Set();
    this.#handlers.set(name, handlers.add(handler));
    return () => {
      handlers.delete(handler);
    };
  }

  emit<Name extends keyof Map>(name: Name, event: Map[Name]): void {
    for (const handler of this.#handlers.get(name) ?? []) {
      try {
        (handler as (event: Map[Name]) => void)(event);
      } catch (error) {
        // A bug of the application: reported as uncaught, without affecting other handlers.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}
