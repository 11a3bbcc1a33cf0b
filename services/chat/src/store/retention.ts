/** Removes entries beyond the retention period. */
export interface Retention {
  /** Removes one batch of what is older than `retentionMs` by the store's clock, oldest of each stream first; returns its size. 0: done. */
  removeOlder(retentionMs: number): Promise<number>;
}
