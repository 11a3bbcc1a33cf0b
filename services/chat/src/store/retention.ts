/** What is no longer kept. */
export interface Retention {
  /** Removes some of what was sent before a moment (epoch milliseconds), oldest of each stream first; gives how many. 0: nothing is left. */
  removeOlder(than: number): Promise<number>;
}
