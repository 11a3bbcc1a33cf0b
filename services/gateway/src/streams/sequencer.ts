import type { SequencerTimings } from '../timing/timings.js';
import type { BusEventNamed } from '@parley/contracts';

export type MessageCreatedEvent = BusEventNamed<'message.created'>;

export interface SequencedEvent {
  readonly sequence: number;
  readonly event: MessageCreatedEvent;
}

/** A page of a stream, read from chat: the entries after a sequence, in order. */
export interface Page {
  readonly entries: readonly SequencedEvent[];
  readonly more: boolean;
  readonly head: number;
  readonly floor: number;
}

/** What a sequencer needs from the stream whose order it keeps. */
export interface Sequenced {
  deliver(event: MessageCreatedEvent, sequence: number): void;
  /** null: deliver now. Otherwise delivery waits until it resolves (it never rejects). */
  beforeDelivery(event: MessageCreatedEvent): Promise<void> | null;
  read(after: number): Promise<Page>;
  /** An event arrived before one with a lower sequence. */
  heldBack(): void;
  /** Chat has no entries in a gap, which was skipped. */
  skippedHole(): void;
  /** Called before the entries of a range read are delivered; never rejects. */
  beforeRepair(): Promise<void>;
  repaired(count: number): void;
  repairFailed(error: unknown): void;
}

const unknown = -1;

/** Puts the events of one stream in order: each entry once, none missing, whatever the bus loses, duplicates or reorders. */
export class Sequencer {
  /** The last sequence that was delivered, or that needs no delivery. */
  private last = unknown;
  private held: Map<number, MessageCreatedEvent> | null = null;
  private timer: NodeJS.Timeout | null = null;
  private busy = false;
  private stopped = false;
  private failures = 0;

  constructor(
    private readonly stream: Sequenced,
    private readonly timings: SequencerTimings,
  ) {}

  /** null until the stream's head is known. */
  get delivered(): number | null {
    return this.last === unknown ? null : this.last;
  }

  /**
   * Sets where the stream begins. `head` was read after the subscription. Events that arrived meanwhile are delivered even if the head
   * includes them: they may have been published after a member attached.
   */
  start(head: number): void {
    if (this.last !== unknown) return;
    const lowestHeld = Math.min(...(this.held?.keys() ?? []));
    this.last = Math.min(head, lowestHeld - 1);
    this.advance();
  }

  receive({ sequence, event }: SequencedEvent): void {
    if (sequence <= this.last || this.stopped) return;
    const next = sequence === this.last + 1 && this.last !== unknown && !this.busy;
    if (next && !this.held && this.stream.beforeDelivery(event) === null) {
      this.deliver(sequence, event);
      return;
    }
    this.held ??= new Map();
    // What does not fit is read from chat when its turn comes.
    if (this.held.size < this.timings.holdBackMax || next) this.held.set(sequence, event);
    if (!next) this.stream.heldBack();
    this.advance();
  }

  /** Chat reported this head `missedMs` ago: whatever is still missing was lost. */
  expect(head: number): void {
    if (this.last !== unknown && head > this.last) void this.repair();
  }

  stop(): void {
    this.stopped = true;
    this.held = null;
    this.disarm();
  }

  private deliver(sequence: number, event: MessageCreatedEvent): void {
    this.last = sequence;
    this.stream.deliver(event, sequence);
  }

  private advance(): void {
    if (this.busy || this.stopped || this.last === unknown) return;
    for (let event = this.held?.get(this.last + 1); event; event = this.held?.get(this.last + 1)) {
      const wait = this.stream.beforeDelivery(event);
      if (wait) {
        this.busy = true;
        void wait.then(() => this.proceed());
        return;
      }
      this.held?.delete(this.last + 1);
      this.deliver(this.last + 1, event);
    }
    if (this.held?.size === 0) this.held = null;
    if (!this.held) this.disarm();
    else this.arm(this.held.size >= this.timings.holdBackMax ? 0 : this.timings.holdBackMs);
  }

  private proceed(): void {
    this.busy = false;
    this.advance();
  }

  private arm(ms: number): void {
    if (ms === 0) this.disarm();
    const waitsFor = this.last + 1;
    this.timer ??= setTimeout(() => {
      this.timer = null;
      // The gap that the timer was set for has closed; another may have opened, which gets its own time.
      if (ms > 0 && this.failures === 0 && this.last >= waitsFor) this.advance();
      else void this.repair();
    }, ms);
  }

  private disarm(): void {
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
  }

  /** Reads missing entries from chat, page by page until caught up; one repair at a time. */
  private async repair(): Promise<void> {
    if (this.busy || this.stopped) return;
    this.busy = true;
    this.disarm();
    let retryMs: number | null = null;
    try {
      await this.readOn();
      this.failures = 0;
    } catch (error) {
      retryMs = Math.min(this.timings.retryMs * 2 ** this.failures, this.timings.retryMaxMs);
      this.failures += 1;
      this.stream.repairFailed(error);
    }
    this.busy = false;
    if (retryMs === null) this.advance();
    else if (!this.stopped) this.arm(retryMs);
  }

  private async readOn(): Promise<void> {
    for (let more = true; more && !this.stopped;) {
      const page = await this.stream.read(this.last);
      if (this.stopped) return;
      await this.stream.beforeRepair();
      if (this.stopped) return;
      const before = this.last;
      for (const { sequence, event } of page.entries) if (sequence > this.last) this.deliver(sequence, event);
      // Head and page are one snapshot: an entry up to the head that the page does not contain is not a message.
      if (!page.more) this.last = Math.max(this.last, page.head);
      this.stream.repaired(page.entries.length);
      this.forgetUpTo(this.last);
      more = page.more && this.last > before;
      if (more) await new Promise(setImmediate);
      else if (this.last === before) this.skipHole();
    }
  }

  /** Chat has no entries below the lowest held event (a restored backup): waiting would never end. */
  private skipHole(): void {
    const lowestHeld = Math.min(...(this.held?.keys() ?? []));
    if (!Number.isFinite(lowestHeld) || lowestHeld - 1 <= this.last) return;
    this.last = lowestHeld - 1;
    this.stream.skippedHole();
  }

  private forgetUpTo(sequence: number): void {
    for (const key of this.held?.keys() ?? []) if (key <= sequence) this.held?.delete(key);
  }
}
