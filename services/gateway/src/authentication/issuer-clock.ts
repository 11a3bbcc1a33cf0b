/** The wall-clock time of the service that issues tokens, independent of this host's clock. */
export interface IssuerClock {
  /** Epoch milliseconds. */
  now(): number;
  /** The time that the issuer sent in reply to a call made at `askedAt` (`performance.now()`). */
  learn(issuerTime: string | undefined, askedAt: number): void;
}

/**
 * A token is valid from and until times of its issuer's clock. Between two replies this process's monotonic clock continues the issuer's
 * time, so that no step of this host's clock makes a token expire. Until the issuer has sent its time (version 0.1.0 never does), this
 * host's time counts.
 */
export const createIssuerClock = (): IssuerClock => {
  let offsetMs: number | null = null;
  return {
    now: () => (offsetMs === null ? Date.now() : performance.now() + offsetMs),
    learn(issuerTime, askedAt) {
      if (issuerTime === undefined) return;
      // The reply was written between the two times; the midpoint is off by half of the round trip at most.
      offsetMs = Date.parse(issuerTime) - (askedAt + performance.now()) / 2;
    },
  };
};
