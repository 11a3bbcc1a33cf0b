const none: readonly never[] = [];

/**
 * A set, in the order of insertion, that nearly always has one value at most: a gateway has several for each connection, and the table of a
 * `Set` with one value takes more memory (152 bytes with its owner, V8 13) than this with the value.
 */
export class SmallSet<T extends object> {
  private only: T | null = null;
  /** From the second value on. */
  private all: Set<T> | null = null;

  get size(): number {
    if (this.all) return this.all.size;
    return this.only === null ? 0 : 1;
  }

  has(value: T): boolean {
    return this.all ? this.all.has(value) : this.only === value;
  }

  add(value: T): void {
    if (this.all) this.all.add(value);
    else if (this.only === null) this.only = value;
    else if (this.only !== value) {
      this.all = new Set([this.only, value]);
      this.only = null;
    }
  }

  /** false: it was not there. */
  delete(value: T): boolean {
    if (this.all) return this.all.delete(value);
    if (this.only !== value) return false;
    this.only = null;
    return true;
  }

  [Symbol.iterator](): Iterator<T> {
    if (this.all) return this.all.values();
    return this.only === null ? none.values() : [this.only].values();
  }
}
