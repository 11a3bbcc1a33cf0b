/** So many at once; others wait in the order in which they came. */
export class Permits {
  private readonly waiting: (() => void)[] = [];
  private taken = 0;

  constructor(private readonly max: number) {}

  async with<T>(work: () => Promise<T>): Promise<T> {
    if (this.taken >= this.max) await new Promise<void>((go) => this.waiting.push(go));
    else this.taken += 1;
    try {
      return await work();
    } finally {
      // Handed on, or given back.
      const next = this.waiting.shift();
      if (next) next();
      else this.taken -= 1;
    }
  }
}
