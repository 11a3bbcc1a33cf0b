/** Tracks work in flight, so that stopping can wait for it. */
export interface InFlight {
  track<T>(work: Promise<T>): Promise<T>;
  /** Resolves with true when nothing is in flight, with false after `limitMs`. */
  idle(limitMs: number): Promise<boolean>;
}

export const createInFlight = (): InFlight => {
  let count = 0;
  let waiting: (() => void)[] = [];
  const ended = (): void => {
    count -= 1;
    if (count > 0) return;
    const woken = waiting;
    waiting = [];
    for (const wake of woken) wake();
  };
  return {
    track: (work) => {
      count += 1;
      return work.finally(ended);
    },
    idle: (limitMs) =>
      count === 0
        ? Promise.resolve(true)
        : new Promise((resolve) => {
            const timer = setTimeout(resolve, limitMs, false);
            waiting.push(() => {
              clearTimeout(timer);
              resolve(true);
            });
          }),
  };
};
