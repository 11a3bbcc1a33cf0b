export interface Claim {
  readonly state: 'new' | 'in_progress' | 'done' | 'different';
  readonly response: string | null;
}

/** Writes that carry an Idempotency-Key, and their responses. */
export interface IdempotentRequests {
  claim(scope: string, fingerprint: string): Promise<Claim>;
  complete(scope: string, response: string): Promise<void>;
  /** Deletes a claim that has no response. */
  release(scope: string): Promise<void>;
}
