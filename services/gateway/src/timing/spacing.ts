/** Lets callers go on together, at most every `ms`. The first after a pause does not wait. `clock`: monotonic milliseconds. */
export const createSpacing = (ms: number, clock: () => number): (() => Promise<void>) => {
  let lastAt = -Infinity;
  let next: Promise<void> | null = null;
  return () => {
    const leftMs = lastAt + ms - clock();
    if (leftMs > 0 || next) return (next ??= release(leftMs));
    lastAt = clock();
    return atOnce;
  };

  function release(afterMs: number): Promise<void> {
    return new Promise((resolve) => {
      setTimeout(() => {
        next = null;
        lastAt = clock();
        resolve();
      }, afterMs);
    });
  }
};

const atOnce = Promise.resolve();
