/** Removes entries beyond the retention period. */
export interface Retention {
  /** Removes one batch of what is older than `keptMs` by the store's clock, oldest of each stream first; returns its size. 0: done. */
  removeOlder(keptMs: number): Promise<number>;
}
