/** Milliseconds of this process's monotonic clock (`performance.now()`); meaningless in another process. */
export type Deadline = number;

/** The moment `ms` milliseconds from now. */
export const deadlineIn = (ms: number): Deadline => performance.now() + ms;

/** Milliseconds until `deadline`; negative once it has passed. */
export const timeLeft = (deadline: Deadline): number => deadline - performance.now();

/** A timer that is later than this indicates that the process was stopped or starved of CPU time. Some begin 10 ms after their deadline. */
const starvedMs = 90;
const graceMsMax = 1_000;

const shortPause = (lateMs: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, Math.min(lateMs, graceMsMax)));

/**
 * Calls `timeUp` at `deadline`, unless the returned function was called before. Data that arrived in time is read first: the event loop
 * polls once more, and a process whose timer was late first waits for `whenStarved` (default: a pause as long as the timer was late, at
 * most 1 s).
 */
export const atDeadline = (
  deadline: Deadline,
  timeUp: () => void,
  whenStarved: (lateMs: number) => Promise<void> = shortPause,
): (() => void) => {
  let cancelled = false;
  const end = (): void => {
    if (!cancelled) timeUp();
  };
  const readFirst = (): void => {
    const lateMs = -timeLeft(deadline);
    // The timers phase comes before the poll phase, which reads sockets; `setImmediate` runs after it.
    if (lateMs < starvedMs) setImmediate(end);
    else void whenStarved(lateMs).finally(() => setImmediate(end));
  };
  // Node would drop the fraction of a millisecond; its clock, which counts whole ones, may still be one early.
  const timer = setTimeout(readFirst, Math.max(0, Math.ceil(timeLeft(deadline))));
  return () => {
    cancelled = true;
    clearTimeout(timer);
  };
};

/**
 * The result of `work`, or what `timeUp` returns or throws after `ms` milliseconds, measured as in `atDeadline`. Late work continues, and
 * its result is ignored.
 */
export const withTimeout = async <T, L>(work: Promise<T>, ms: number, timeUp: () => L): Promise<T | L> => {
  let cancel = (): void => {};
  const late = new Promise<void>((resolve) => {
    cancel = atDeadline(deadlineIn(ms), resolve);
  });
  try {
    return await Promise.race([work, late.then(timeUp)]);
  } finally {
    cancel();
  }
};
