/** Whether the bus is connected, and who wants to know. */
export interface Connection {
  readonly connected: boolean;
  set(connected: boolean): void;
  onChange(listener: (connected: boolean) => void): () => void;
  /** Resolves when connected, or when the time is up. */
  whenConnected(timeoutMs: number): Promise<void>;
}

export const createConnection = (): Connection => {
  let connected = true;
  const listeners = new Set<(connected: boolean) => void>();
  const onChange = (listener: (connected: boolean) => void): (() => void) => {
    listeners.add(listener);
    return () => void listeners.delete(listener);
  };
  return {
    get connected() {
      return connected;
    },
    set: (next) => {
      if (next === connected) return;
      connected = next;
      for (const listener of [...listeners]) listener(next);
    },
    onChange,
    whenConnected: (timeoutMs) =>
      new Promise((resolve) => {
        if (connected) return resolve();
        const end = (): void => {
          clearTimeout(timer);
          stop();
          resolve();
        };
        const timer = setTimeout(end, Math.max(0, timeoutMs));
        const stop = onChange((now) => {
          if (now) end();
        });
      }),
  };
};
