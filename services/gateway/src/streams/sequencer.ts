import type { Scope, SequencedBusEvent } from '@parley/contracts';
import type { SequencerTimings } from '../timing/timings.js';
import { Arrivals } from './arrivals.js';
import type { StreamObserver } from './stream-observer.js';

export interface SequencedEvent<Event = SequencedBusEvent> {
  readonly sequence: number;
  readonly event: Event;
}

/**
 * What the owner of a stream has after a sequence, in order. An owner that keeps a state and no history returns the differences, all with
 * the sequence of that state.
 */
export interface Page<Event = SequencedBusEvent> {
  readonly entries: readonly SequencedEvent<Event>[];
  readonly more: boolean;
  readonly head: number;
  readonly floor: number;
}

/** What a sequencer needs from the stream whose order it keeps. */
export interface Sequenced<Event = SequencedBusEvent> {
  readonly scope: Scope;
  readonly observer: StreamObserver;
  deliver(event: Event, sequence: number): void;
  /** null: deliver now. Otherwise delivery waits until it resolves (it never rejects). */
  beforeDelivery(event: Event): Promise<void> | null;
  /** Reads from the owner of the stream. */
  read(after: number): Promise<Page<Event>>;
  /** Called before the entries of a range read are delivered; never rejects. */
  beforeRepair(): Promise<void>;
}

const unknown = -1;

/** Puts the events of one stream in order: each entry once, none missing, whatever the bus loses, duplicates or reorders. */
export class Sequencer<Event = SequencedBusEvent> {
  /** The last sequence that was delivered, or that needs no delivery. */
  private last = unknown;
  /** Events that arrived before one with a lower sequence. */
  private held: Map<number, Event> | null = null;
  /** The highest sequence that arrived since the last complete read, held or not. */
  private arrived = unknown;
  private arrivals: Arrivals | null = null;
  private timer: NodeJS.Timeout | null = null;
  /** Nothing is delivered meanwhile, except what a repair reads. */
  private busy = false;
  private repairing: Promise<void> | null = null;
  private stopped = false;
  private failures = 0;

  constructor(
    private readonly stream: Sequenced<Event>,
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
    this.last = Math.min(head, this.lowestHeld() - 1);
    this.advance();
  }

  /** As `start`, for a stream whose state at `head` was read: earlier events are part of that state, and are dropped. */
  startAfter(head: number): void {
    if (this.last !== unknown) return;
    this.last = head;
    this.forgetUpTo(head);
    this.advance();
  }

  receive({ sequence, event }: SequencedEvent<Event>): void {
    if (sequence <= this.last || this.stopped) return;
    const next = sequence === this.last + 1 && this.last !== unknown && !this.busy;
    if (next && !this.held && this.stream.beforeDelivery(event) === null) {
      this.deliver(sequence, event);
      return;
    }
    this.arrived = Math.max(this.arrived, sequence);
    this.held ??= new Map();
    if (this.held.size < this.timings.holdBackMax || next) this.held.set(sequence, event);
    else this.holdLowest(this.held, sequence, event);
    if (!next) this.stream.observer.heldBack();
    this.advance();
  }

  /** The owner reported this head a while ago: whatever is still missing was lost. */
  expect(head: number): void {
    if (this.last !== unknown && head > this.last) this.repair().catch(reported);
  }

  /** Resolves when everything up to the sequence was delivered, after `withinMs` in any case. */
  reached(sequence: number, withinMs: number): Promise<void> {
    if (this.last >= sequence || this.stopped) return Promise.resolve();
    this.arrivals ??= new Arrivals();
    return this.arrivals.until(sequence, withinMs);
  }

  /** Reads what is missing now; joins the repair in progress. Rejects if the owner does not answer; then it is repeated later. */
  repair(): Promise<void> {
    this.repairing ??= this.repairOnce().finally(() => {
      this.repairing = null;
    });
    return this.repairing;
  }

  stop(): void {
    this.stopped = true;
    this.held = null;
    this.disarm();
    this.arrivals?.end();
  }

  private deliver(sequence: number, event: Event): void {
    this.last = sequence;
    this.stream.deliver(event, sequence);
    this.arrivals?.advance(sequence);
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
    const isIncomplete = this.held ? this.held.size >= this.timings.holdBackMax : this.arrived > this.last;
    if (isIncomplete) this.arm(0);
    else if (this.held) this.arm(this.timings.holdBackMs);
    else this.disarm();
  }

  /** What does not fit is read from the owner when its turn comes. The lowest are held: a stream without a head begins below them. */
  private holdLowest(held: Map<number, Event>, sequence: number, event: Event): void {
    const highest = Math.max(...held.keys());
    if (sequence >= highest || held.has(sequence)) return;
    held.delete(highest);
    held.set(sequence, event);
  }

  private proceed(): void {
    this.busy = false;
    this.advance();
  }

  private arm(ms: number): void {
    // After a failure the next read keeps its time, however many events arrive.
    if (ms === 0 && this.failures === 0) this.disarm();
    const waitsFor = this.last + 1;
    this.timer ??= setTimeout(() => {
      this.timer = null;
      // The gap that the timer was set for has closed; another may have opened, which gets its own time.
      if (ms > 0 && this.failures === 0 && this.last >= waitsFor) this.advance();
      else this.repair().catch(reported);
    }, ms);
  }

  private disarm(): void {
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
  }

  /** Reads missing entries, page by page until caught up. */
  private async repairOnce(): Promise<void> {
    if (this.busy || this.stopped) return;
    this.busy = true;
    this.disarm();
    try {
      await this.readOn();
    } catch (error) {
      this.busy = false;
      this.repeatLater();
      this.stream.observer.repairFailed(this.stream.scope, error);
      throw error;
    }
    this.busy = false;
    this.failures = 0;
    this.advance();
  }

  private repeatLater(): void {
    const { retryMs, retryMaxMs } = this.timings;
    const ms = Math.min(retryMs * 2 ** this.failures, retryMaxMs);
    this.failures += 1;
    if (!this.stopped) this.arm(ms);
  }

  private async readOn(): Promise<void> {
    for (let more = true; more && !this.stopped;) {
      const [lowestHeld, arrived] = [this.lowestHeld(), this.arrived];
      const page = await this.stream.read(this.last);
      if (this.stopped) return;
      await this.stream.beforeRepair();
      if (this.stopped) return;
      const before = this.last;
      for (const { sequence, event } of page.entries) if (sequence > before) this.deliver(sequence, event);
      // Head and page are one snapshot: what the page does not contain up to the head does not exist, or is not served by an older chat.
      if (!page.more) this.last = Math.max(this.last, page.head);
      this.arrivals?.advance(this.last);
      this.stream.observer.repaired(page.entries.length);
      this.forgetUpTo(this.last);
      more = page.more && this.last > before;
      if (more) await new Promise(setImmediate);
      else if (this.last === before) this.skipHole(lowestHeld);
      // What the owner does not have although it arrived is not read again.
      if (!more && this.arrived === arrived) this.arrived = unknown;
    }
  }

  /**
   * The owner has no entries below an event that was held when the read began (a restored backup): waiting would never end. Below an event
   * that arrived during the read, it may have committed entries since.
   */
  private skipHole(lowestHeld: number): void {
    if (!Number.isFinite(lowestHeld) || lowestHeld - 1 <= this.last) return;
    this.last = lowestHeld - 1;
    this.stream.observer.skippedHole();
  }

  private lowestHeld(): number {
    return Math.min(...(this.held?.keys() ?? []));
  }

  private forgetUpTo(sequence: number): void {
    for (const key of this.held?.keys() ?? []) if (key <= sequence) this.held?.delete(key);
  }
}

/** The observer knows of the failure, and the repair is repeated. */
const reported = (): void => {};
