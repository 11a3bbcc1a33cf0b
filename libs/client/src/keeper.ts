import type { ClientStorage, Saved } from './types.js';

/** Writes what changed to the storage, one write at a time, the newest state each time. */
export class Keeper {
  #isWriting = false;
  #isDirty = false;

  constructor(
    private readonly storage: ClientStorage | undefined,
    private readonly snapshot: () => Saved,
    private readonly onError: (error: unknown) => void,
  ) {}

  /** What was kept; nothing, when it cannot be read. */
  async load(): Promise<Saved> {
    try {
      return (await this.storage?.load()) ?? {};
    } catch (error) {
      this.onError(error);
      return {};
    }
  }

  changed(): void {
    if (!this.storage) return;
    this.#isDirty = true;
    if (!this.#isWriting) void this.#write(this.storage);
  }

  async #write(storage: ClientStorage): Promise<void> {
    this.#isWriting = true;
    try {
      while (this.#isDirty) {
        this.#isDirty = false;
        await Promise.resolve();
        await storage.save(this.snapshot());
      }
    } catch (error) {
      this.onError(error);
    } finally {
      this.#isWriting = false;
    }
  }
}
