import { Fault } from '@parley/contracts';

export interface OpeningPaceOptions {
  /** Connections that may be opening at once, however late the event loop is. */
  readonly atOnceMin: number;
  /** The same while the event loop is on time. */
  readonly atOnceMax: number;
  /** A turn of the event loop that takes longer means that too much is opening. */
  readonly lateMs: number;
  readonly sampleMs: number;
}

const optionsDefault: OpeningPaceOptions = { atOnceMin: 256, atOnceMax: 4_096, lateMs: 250, sampleMs: 100 };

/** Of the previous limit, after a late turn. */
const backOff = 0.7;
/** Share of a new sample in the measured rate. */
const freshness = 0.2;
/** Opened connections per second before anything was measured, and at least. */
const ratePerSecondMin = 20;
const comeBackMsMin = 1_000;
const comeBackMsMax = 30_000;

/**
 * How many connections may be opening at once. After a restart of another gateway or of a network, thousands arrive together; when all of
 * them open at once, each takes longer than its client waits. The gateway measures how late its event loop is: the limit shrinks by a share
 * for each late sample, and grows by steps while it is used and the loop is on time. Who is refused gets a time to come back, and those times
 * follow each other at the rate at which connections open here.
 */
export class OpeningPace {
  private readonly options: OpeningPaceOptions;
  private readonly timer: NodeJS.Timeout;
  private opening = 0;
  private opened = 0;
  private limit: number;
  private mostOpening = 0;
  private ratePerSecond = ratePerSecondMin;
  private sampledAt: number;
  /** When the next client that is refused may come back. */
  private nextAt = 0;

  /** `clock`: monotonic milliseconds. */
  constructor(
    private readonly clock: () => number,
    options: Partial<OpeningPaceOptions> = {},
  ) {
    this.options = { ...optionsDefault, ...options };
    this.limit = this.options.atOnceMax;
    this.sampledAt = clock();
    this.timer = setInterval(() => this.sample(), this.options.sampleMs).unref();
  }

  /** null: the connection may open. Otherwise the milliseconds after which its client may come back. */
  admit(): number | null {
    if (this.opening < this.limit) return null;
    const now = this.clock();
    const perConnectionMs = 1_000 / this.ratePerSecond;
    const soonest = now + Math.min(comeBackMsMax, Math.max(comeBackMsMin, this.opening * perConnectionMs));
    const next = Math.max(soonest, this.nextAt + perConnectionMs);
    // Beyond the longest wait the times begin again, so that no client is sent away for minutes.
    this.nextAt = next > now + comeBackMsMax ? soonest : next;
    return Math.ceil(this.nextAt - now);
  }

  /** Counts the connection as opening until `open` settles. */
  async during<T>(open: () => Promise<T>): Promise<T> {
    this.opening += 1;
    this.mostOpening = Math.max(this.mostOpening, this.opening);
    try {
      return await open();
    } finally {
      this.opening -= 1;
      this.opened += 1;
    }
  }

  /** Called every `sampleMs`, later if the event loop is late. */
  sample(): void {
    const { sampleMs, lateMs, atOnceMin, atOnceMax } = this.options;
    const now = this.clock();
    const passedMs = now - this.sampledAt;
    const isLate = passedMs - sampleMs > lateMs;
    const isUsed = this.mostOpening >= this.limit;
    // Late for another reason, when nothing much is opening: that says nothing about the limit.
    if (isLate && this.mostOpening > atOnceMin) this.limit = Math.max(atOnceMin, Math.floor(this.limit * backOff));
    else if (!isLate && isUsed) this.limit = Math.min(atOnceMax, this.limit + Math.ceil(atOnceMin / 8));
    else if (!isLate && this.mostOpening < atOnceMin) this.limit = atOnceMax;
    if (passedMs > 0 && this.mostOpening > 0) {
      const rate = (this.opened * 1_000) / passedMs;
      this.ratePerSecond = Math.max(ratePerSecondMin, this.ratePerSecond * (1 - freshness) + rate * freshness);
    }
    this.mostOpening = this.opening;
    this.opened = 0;
    this.sampledAt = now;
  }

  stop(): void {
    clearInterval(this.timer);
  }
}

export const overloadedFault = (retryAfterMs: number): Fault =>
  new Fault('unavailable', 'overloaded', 'Too many connections are opening', { retryAfterMs });
