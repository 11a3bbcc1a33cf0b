export interface Claim {
  readonly state: 'new' | 'in_progress' | 'done' | 'different';
  readonly response: string | null;
}

/** Writes that carry an Idempotency-Key, and what was answered to them. */
export interface IdempotentRequests {
  claim(scope: string, fingerprint: string): Promise<Claim>;
  complete(scope: string, response: string): Promise<void>;
  /** Forgets a claim that has no response. */
  release(scope: string): Promise<void>;
}
