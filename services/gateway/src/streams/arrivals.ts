interface Arrival {
  readonly sequence: number;
  resolve(): void;
}

/** Who waits until a stream has reached a sequence. */
export class Arrivals {
  private readonly waiting = new Set<Arrival>();

  /** Resolves when the stream has reached the sequence, after `withinMs` in any case. */
  until(sequence: number, withinMs: number): Promise<void> {
    return new Promise((resolve) => {
      const arrival: Arrival = {
        sequence,
        resolve: () => {
          clearTimeout(timer);
          this.waiting.delete(arrival);
          resolve();
        },
      };
      const timer = setTimeout(arrival.resolve, withinMs);
      this.waiting.add(arrival);
    });
  }

  /** The stream has reached this sequence. */
  advance(sequence: number): void {
    for (const arrival of this.waiting) if (arrival.sequence <= sequence) arrival.resolve();
  }

  /** The stream ends: every wait resolves. */
  end(): void {
    for (const arrival of this.waiting) arrival.resolve();
  }
}
