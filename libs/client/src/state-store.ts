import { isSuccessor } from './token-life.js';
import type { ClientStorage, Saved, Tokens } from './types.js';

/** Saves the state to the storage, one write at a time, always the newest state. Other tabs or processes may write there too. */
export class StateStore {
  #writing: Promise<void> | null = null;
  #isDirty = false;
  #hasNewTokens = false;

  constructor(
    private readonly storage: ClientStorage | undefined,
    private readonly snapshot: () => Saved,
    private readonly onError: (error: unknown) => void,
  ) {}

  /** The saved state; empty when it cannot be read. */
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

/** Positions are saved more often than tokens change: a write must not replace newer tokens of another tab with older ones. */
const newest = (own: Tokens | undefined, stored: Tokens | undefined): Tokens | undefined =>
  stored && (!own || isSuccessor(stored, own)) ? stored : own;
