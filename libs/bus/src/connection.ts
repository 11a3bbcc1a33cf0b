import type { BusLog } from './bus.js';

/** The state of the bus's connection, and its listeners. */
export interface Connection {
  readonly connected: boolean;
  set(connected: boolean): void;
  onChange(listener: (connected: boolean) => void): () => void;
  /** Resolves when connected, or after `timeoutMs`. */
  whenConnected(timeoutMs: number): Promise<void>;
}

export const createConnection = (log: BusLog): Connection => {
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
      for (const listener of [...listeners]) {
        try {
          listener(next);
        } catch (error) {
          log.error({ err: error }, 'A listener to the connection failed');
        }
      }
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
