import { isParleyError } from '../parley-error.js';
import type { Hub } from './hub.js';

/** At most this many channels are reported at once, this often: four positions a second. */
const batchMax = 2;
const gapMs = 500;

interface Report {
  read?: number;
  delivered?: number;
  readonly waiters: { readonly resolve: () => void; readonly reject: (error: unknown) => void }[];
}

/** Reports how far the account has read and received its channels: the newest position of each, some times a second. */
export class ReceiptReporter {
  readonly #reports = new Map<string, Report>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly hub: Pick<Hub, 'request'>) {}

  delivered(channelId: string, sequence: number): void {
    const report = this.#of(channelId);
    report.delivered = Math.max(report.delivered ?? 0, sequence);
    this.#later();
  }

  /** Resolves when the server has it. */
  read(channelId: string, sequence: number): Promise<void> {
    const report = this.#of(channelId);
    report.read = Math.max(report.read ?? 0, sequence);
    const done = new Promise<void>((resolve, reject) => report.waiters.push({ resolve, reject }));
    this.#later();
    return done;
  }

  stop(error: unknown): void {
    clearTimeout(this.#timer);
    for (const { waiters } of this.#reports.values()) for (const { reject } of waiters) reject(error);
    this.#reports.clear();
  }

  /** There is a connection. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    // What is being reported does not hold up the others.
    const batch = [...this.#reports].slice(0, batchMax);
    for (const [channelId, report] of batch) {
      this.#reports.delete(channelId);
      void this.#report(channelId, report);
    }
    if (this.#reports.size > 0) this.#later();
  }

  #of(channelId: string): Report {
    const report = this.#reports.get(channelId) ?? { waiters: [] };
    this.#reports.set(channelId, report);
    return report;
  }

  #later(): void {
    this.#timer ??= setTimeout(() => this.flush(), gapMs);
  }

  async #report(channelId: string, { waiters, ...positions }: Report): Promise<void> {
    try {
      await this.hub.request('receipt.record', { channelId, ...positions });
      for (const { resolve } of waiters) resolve();
    } catch (error) {
      const isLost = isParleyError(error) && (error.code === 'unavailable' || error.code === 'rate_limited');
      if (!isLost || error.reason === 'client_closed') {
        for (const { reject } of waiters) reject(error);
        return;
      }
      const newer = this.#of(channelId);
      newer.waiters.push(...waiters);
      for (const key of ['read', 'delivered'] as const) {
        const position = Math.max(positions[key] ?? 0, newer[key] ?? 0);
        if (position > 0) newer[key] = position;
      }
      // Without a connection the next one flushes.
      if (error.reason !== 'connection_lost') this.#later();
    }
  }
}
