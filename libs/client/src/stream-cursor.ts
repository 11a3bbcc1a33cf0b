/** How many entries that came too early are kept; what is beyond is fetched again. */
const heldMax = 10_000;

/**
 * One stream as it is handed to the application: each number once, in order. Entries that come too early are held back
 * until those before them are there, or until somebody who knows says that there are none (`skipTo`).
 */
export class StreamCursor<T> {
  #last: number | null;
  readonly #held = new Map<number, T>();

  /** `last` null: where the stream begins for us is not known yet; everything is held until `skipTo` says it. */
  constructor(
    last: number | null,
    private readonly deliver: (entry: T, sequence: number) => void,
  ) {
    this.#last = last;
  }

  get last(): number | null {
    return this.#last;
  }

  /** Whether something waits for numbers that did not come. */
  get hasGap(): boolean {
    return this.#held.size > 0;
  }

  /** Takes an entry in whatever order it came. */
  push(sequence: number, entry: T): void {
    if (this.#last !== null && sequence <= this.#last) return;
    if (this.#held.size < heldMax || sequence - 1 === this.#last) this.#held.set(sequence, entry);
    this.#drain();
  }

  /** The stream begins after this number for us; what came before is none of our business. */
  startAfter(sequence: number): void {
    for (const held of this.#held.keys()) if (held <= sequence) this.#held.delete(held);
    this.#last = sequence;
    this.#drain();
  }

  /** Up to this number there is nothing that was not pushed. */
  skipTo(sequence: number): void {
    const due = [...this.#held.keys()].filter((held) => held <= sequence).sort((a, b) => a - b);
    for (const next of due) this.#hand(next);
    this.#last = Math.max(this.#last ?? 0, sequence);
    this.#drain();
  }

  #drain(): void {
    while (this.#last !== null && this.#held.has(this.#last + 1)) this.#hand(this.#last + 1);
  }

  // Moved on before it is handed over: whoever calls back into the client finds it done.
  #hand(sequence: number): void {
    const entry = this.#held.get(sequence);
    this.#held.delete(sequence);
    this.#last = sequence;
    if (entry !== undefined) this.deliver(entry, sequence);
  }
}
