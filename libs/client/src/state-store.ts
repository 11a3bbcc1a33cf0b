import { newClientId } from './client-id.js';
import { isIssuedLater, isSuccessor } from './token-life.js';
import type { ClientStorage, Saved, SavedMessage, Tokens } from './types.js';

/** Whose state it is. */
interface StoredClient {
  snapshot(): Saved;
  onStorageError(error: unknown): void;
}

/** Saves the state to the storage, one write at a time, always the newest state. Other tabs or processes may write there too. */
export class StateStore {
  #writing: Promise<void> | null = null;
  #isDirty = false;
  #hasNewTokens = false;
  #refreshing: Saved['refreshing'];
  #outbox: readonly SavedMessage[] = [];
  /** Client ids that left the outbox and may still be in the storage. */
  readonly #gone = new Set<string>();

  constructor(
    private readonly storage: ClientStorage | undefined,
    private readonly client: StoredClient,
  ) {}

  /** The saved state; empty when it cannot be read. */
  async load(): Promise<Saved> {
    try {
      return (await this.storage?.load()) ?? {};
    } catch (error) {
      this.client.onStorageError(error);
      return {};
    }
  }

  changed(): void {
    void this.#schedule();
  }

  outboxChanged(outbox: readonly SavedMessage[]): void {
    const ids = new Set(outbox.map(({ clientId }) => clientId));
    for (const { clientId } of this.#outbox) if (!ids.has(clientId)) this.#gone.add(clientId);
    this.#outbox = outbox;
    this.changed();
  }

  /** Resolves when the tokens are written. */
  tokensChanged(): Promise<void> {
    this.#hasNewTokens = true;
    return this.#schedule();
  }

  /** The key for exchanging this refresh token: the stored one, else a new one. Resolves when it is stored. */
  async refreshKey(refreshToken: string): Promise<string> {
    const { refreshing } = await this.load();
    if (refreshing?.refreshToken === refreshToken) return refreshing.key;
    const key = newClientId();
    this.#refreshing = { refreshToken, key };
    await this.#schedule();
    return key;
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
        const own = this.client.snapshot();
        const tokens = isOurs ? unlessLater(own.tokens, stored.tokens) : newest(own.tokens, stored.tokens);
        const keys = [stored.refreshing, this.#refreshing];
        const refreshing = keys.find((each) => each !== undefined && each.refreshToken === tokens?.refreshToken);
        const gone = [...this.#gone];
        const outbox = this.#mergedOutbox(stored.outbox ?? []);
        await storage.save({
          ...own,
          ...(outbox.length > 0 && { outbox }),
          ...(tokens && { tokens }),
          ...(refreshing && { refreshing }),
          channels: { ...stored.channels, ...own.channels },
        });
        for (const clientId of gone) this.#gone.delete(clientId);
      }
    } catch (error) {
      this.client.onStorageError(error);
    }
  }

  /** Other tabs have messages of their own. */
  #mergedOutbox(stored: readonly SavedMessage[]): readonly SavedMessage[] {
    const own = new Set(this.#outbox.map(({ clientId }) => clientId));
    const others = stored.filter(({ clientId }) => !own.has(clientId) && !this.#gone.has(clientId));
    return [...others, ...this.#outbox];
  }
}

/** Positions are saved more often than tokens change: a write must not replace newer tokens of another tab with older ones. */
const newest = (own: Tokens | undefined, stored: Tokens | undefined): Tokens | undefined =>
  stored && (!own || isSuccessor(stored, own)) ? stored : own;

/** A tab may have been frozen while its tokens were on the way: meanwhile, another may have stored later ones. */
const unlessLater = (own: Tokens | undefined, stored: Tokens | undefined): Tokens | undefined =>
  own && stored && isIssuedLater(stored, own) ? stored : own;
