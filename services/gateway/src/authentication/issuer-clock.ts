/** The time of day of the service that issues tokens, whatever the clock of this host says. */
export interface IssuerClock {
  /** Epoch milliseconds. */
  now(): number;
  /** What the issuer said its time was, in answer to a question asked at `askedAt` (`performance.now()`). */
  learn(issuerTime: string | undefined, askedAt: number): void;
}

/**
 * A token is valid from and until moments of its issuer's clock. Between two answers the issuer's time is carried on by this process's monotonic
 * clock, so that no step of this host's clock ends a token. Until the issuer has said its time (or is of 0.1.0 and never does), this host's counts.
 */
export const createIssuerClock = (): IssuerClock => {
  let offsetMs: number | null = null;
  return {
    now: () => (offsetMs === null ? Date.now() : performance.now() + offsetMs),
    learn(issuerTime, askedAt) {
      if (issuerTime === undefined) return;
      // The answer was written between the two moments; the middle is wrong by half of the way at most.
      offsetMs = Date.parse(issuerTime) - (askedAt + performance.now()) / 2;
    },
  };
};
