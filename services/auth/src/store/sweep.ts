export interface SweepCounts {
  readonly refreshTokens: number;
  readonly tickets: number;
  readonly sessions: number;
  readonly endedSessions: number;
  readonly retiredNames: number;
  readonly keys: number;
  readonly requests: number;
}

/** Removes unusable rows, at most `batch` of a kind; null while another replica sweeps. Call it again while any kind was full. */
export interface Sweep {
  (now: Date, batch: number): Promise<SweepCounts | null>;
}
