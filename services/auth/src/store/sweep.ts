export interface SweepCounts {
  readonly refreshTokens: number;
  readonly tickets: number;
  readonly sessions: number;
  readonly endedSessions: number;
  readonly retiredNames: number;
  readonly keys: number;
  readonly requests: number;
}

/** Takes away what nobody can use any more, at most `batch` rows of a kind; null while another replica is at it. Call it again while a kind was full. */
export interface Sweep {
  (now: Date, batch: number): Promise<SweepCounts | null>;
}
