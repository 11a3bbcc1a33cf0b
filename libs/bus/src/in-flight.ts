/** Tracks work in flight, so that stopping can wait for it. */
export interface InFlight {
  track<T>(work: Promise<T>): Promise<T>;
  /** Work begins that `end` ends, where a promise more for each is too much. */
  begin(): void;
  end(): void;
  /** Resolves with true when nothing is in flight, with false after `limitMs`. */
  idle(limitMs: number): Promise<boolean>;
}

export const createInFlight = (): InFlight => {
  let count = 0;
  let waiting: (() => void)[] = [];
  const begin = (): void => void (count += 1);
  const end = (): void => {
    count -= 1;
    if (count > 0) return;
    const woken = waiting;
    waiting = [];
    for (const wake of woken) wake();
  };
  return {
    begin,
    end,
    track: (work) => {
      begin();
      return work.finally(end);
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
