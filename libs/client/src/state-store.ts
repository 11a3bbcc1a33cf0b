import { isSuccessor } from './token-life.js';
import type { ClientStorage, Saved, Tokens } from './types.js';

/** Writes what changed to the storage, one write at a time, the newest state each time. Others may write there too. */
export class StateStore {
  #writing: Promise<void> | null = null;
  #isDirty = false;
  #hasNewTokens = false;

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
    void this.#schedule();
  }

  /** Resolves when the tokens are written. */
  tokensChanged(): Promise<void> {
    this.#hasNewTokens = true;
    return this.#schedule();
  }

  #schedule(): Promise<void> {
    if (!this.storage) return Promise.resolve();
    this.#isDirty = true;
    this.#writing ??= this.#write(this.storage).finally(() => {
      this.#writing = null;
    });
    return this.#writing;
  }

  async #write(storage: ClientStorage): Promise<void> {
    try {
      while (this.#isDirty) {
        this.#isDirty = false;
        await Promise.resolve();
        const stored = await this.load();
        const isOurs = this.#hasNewTokens;
        this.#hasNewTokens = false;
        const own = this.snapshot();
        const tokens = isOurs ? own.tokens : newest(own.tokens, stored.tokens);
        await storage.save({ ...own, ...(tokens && { tokens }), channels: { ...stored.channels, ...own.channels } });
      }
    } catch (error) {
      this.onError(error);
    }
  }
}

/** A position is saved more often than tokens change: it never puts older tokens in the place of another tab's newer ones. */
const newest = (own: Tokens | undefined, stored: Tokens | undefined): Tokens | undefined =>
  stored && (!own || isSuccessor(stored, own)) ? stored : own;
