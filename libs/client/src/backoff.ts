export interface BackoffOptions {
  readonly baseMs: number;
  readonly maxMs: number;
  readonly random: () => number;
}

/**
 * Exponential backoff with full jitter: each delay is random between 0 and a ceiling that doubles from `baseMs` to `maxMs`, so that the
 * clients of a restarted server reconnect spread out.
 */
export const createBackoff = ({ baseMs, maxMs, random }: BackoffOptions) => {
  let attempt = 0;
  return {
    next: (): number => Math.round(random() * Math.min(maxMs, baseMs * 2 ** Math.min(attempt++, 30))),
    reset: (): void => {
      attempt = 0;
    },
  };
};
export type Backoff = ReturnType<typeof createBackoff>;
