/** An input or output as a person reads it. */
export const shown = (value: string | Buffer): string =>
  typeof value === 'string' ? value : `hex ${value.toString('hex')}`;
export const short = (text: string, most = 700): string =>
  text.length > most ? `${text.slice(0, most)}… (${text.length})` : text;

/** How often each key was counted. */
export class Tally {
  readonly #counts = new Map<string, number>();

  add(key: string): void {
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
  }

  toString(): string {
    return [...this.#counts]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, n]) => `${key} ${n}`)
      .join(', ');
  }
}

/** What was wrong; prints the first three of each sort. */
export class Findings {
  readonly #counts = new Map<string, number>();

  add(sort: string, input: string, output: string): void {
    const same = (this.#counts.get(sort) ?? 0) + 1;
    this.#counts.set(sort, same);
    if (same <= 3) console.log(`\n  ${sort}\n    in:  ${short(input)}\n    out: ${short(output)}`);
  }

  /** How many were of sorts that begin so. */
  count(prefix: string): number {
    return [...this.#counts].reduce((sum, [sort, count]) => sum + (sort.startsWith(prefix) ? count : 0), 0);
  }
}
