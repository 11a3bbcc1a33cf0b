export interface BackoffOptions {
  readonly baseMs: number;
  readonly maxMs: number;
  readonly random: () => number;
}

/** Full jitter: any time between nothing and a ceiling that doubles. All clients of a server that went away come back spread out. */
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
