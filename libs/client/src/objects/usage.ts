/** How long a part is kept after its last use, in milliseconds. */
const idleMs = 30_000;

/** Counts who uses something: `onUsed` runs at the first use, `onIdle` when there has been none for 30 s. */
export class Usage {
  #count = 0;
  #isActive = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly onUsed: () => void,
    private readonly onIdle: () => void,
  ) {}

  /** For the `onUse` of a state. */
  readonly track = (isUsed: boolean): void => {
    this.#count += isUsed ? 1 : -1;
    clearTimeout(this.#timer);
    if (this.#count === 0) {
      this.#timer = setTimeout(() => this.end(), idleMs);
      // It must not keep a Node process running.
      (this.#timer as { unref?: () => void }).unref?.();
    } else if (!this.#isActive) {
      this.#isActive = true;
      this.onUsed();
    }
  };

  get isActive(): boolean {
    return this.#isActive;
  }

  /** Uses it while `work` runs. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    this.track(true);
    try {
      return await work();
    } finally {
      this.track(false);
    }
  }

  end(): void {
    clearTimeout(this.#timer);
    if (!this.#isActive) return;
    this.#isActive = false;
    this.onIdle();
  }
}
