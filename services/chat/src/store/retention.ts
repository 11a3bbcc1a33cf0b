/** What is no longer kept. */
export interface Retention {
  /** Removes some of what is older than `keptMs` by the store's clock, oldest of each stream first; gives how many. 0: nothing is left. */
  removeOlder(keptMs: number): Promise<number>;
}
