/** How many entries that arrived early are held; further ones are fetched again. */
const heldMax = 10_000;

/**
 * The position of the application in one stream: delivers each sequence once, in order. Entries that arrive early are held until those
 * before them have arrived, or until `skipTo` reports that there are none.
 */
export class StreamCursor<T> {
  #last: number | null;
  readonly #held = new Map<number, T>();

  /** `last` null: the starting position is not known yet, and everything is held until `skipTo` sets it. */
  constructor(
    last: number | null,
    private readonly deliver: (entry: T, sequence: number) => void,
  ) {
    this.#last = last;
  }

  get last(): number | null {
    return this.#last;
  }

  /** Whether entries are held because of missing sequences. */
  get hasGap(): boolean {
    return this.#held.size > 0;
  }

  /** Takes an entry; entries may arrive in any order. */
  push(sequence: number, entry: T): void {
    if (this.#last !== null && sequence <= this.#last) return;
    if (this.#held.size < heldMax || sequence - 1 === this.#last) this.#held.set(sequence, entry);
    this.#drain();
  }

  /** Sets the starting position: entries up to this sequence are not delivered. */
  startAfter(sequence: number): void {
    for (const held of this.#held.keys()) if (held <= sequence) this.#held.delete(held);
    this.#last = sequence;
    this.#drain();
  }

  /** Delivers what is held up to this sequence and skips the rest: every entry up to there has been pushed. */
  skipTo(sequence: number): void {
    const due = [...this.#held.keys()].filter((held) => held <= sequence).sort((a, b) => a - b);
    for (const next of due) this.#hand(next);
    this.#last = Math.max(this.#last ?? 0, sequence);
    this.#drain();
  }

  #drain(): void {
    while (this.#last !== null && this.#held.has(this.#last + 1)) this.#hand(this.#last + 1);
  }

  // Advances before the delivery: a handler that calls back into the client sees the new position.
  #hand(sequence: number): void {
    const entry = this.#held.get(sequence);
    this.#held.delete(sequence);
    this.#last = sequence;
    if (entry !== undefined) this.deliver(entry, sequence);
  }
}
