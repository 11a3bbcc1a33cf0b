import type { SequencedBusEvent } from '@parley/contracts';
import type { Page, SequencedEvent } from './sequencer.js';

/** Of one channel. */
const entriesMax = 128;
const charactersMax = 64 * 1024;

/**
 * The entries of a channel from a page that was read a moment ago on, so that the next member which resumes from there or later needs no read.
 * They are new messages without a gap: any other entry changes what a read returns for an earlier one, and ends them.
 */
export class RecentEntries {
  private readonly entries: SequencedEvent[] = [];
  private characters = 0;

  private constructor(
    private readonly after: number,
    private readonly floor: number,
    /** Monotonic milliseconds. */
    readonly until: number,
  ) {}

  /** null: the page is not one that later reads may be answered from. */
  static of({ entries, head, floor, more }: Page, after: number, until: number): RecentEntries | null {
    if (more || after < floor) return null;
    const recent = new RecentEntries(after, floor, until);
    const isWhole = entries.every(({ event, sequence }) => recent.add(event, sequence)) && recent.head === head;
    return isWhole ? recent : null;
  }

  /** Returns whether the entries are still those that a read would return. */
  add(event: SequencedBusEvent, sequence: number): boolean {
    if (sequence <= this.head) return true;
    if (sequence > this.head + 1 || this.entries.length >= entriesMax) return false;
    if (event.name !== 'message.created' || event.thread !== null) return false;
    const { content } = event.message;
    this.characters += content.type === 'text' ? content.text.length : charactersMax;
    this.entries.push({ sequence, event });
    return this.characters <= charactersMax;
  }

  /** What a read after this sequence would return; null: only a read can tell. `delivered`: how far the stream has delivered. */
  page(after: number, delivered: number): Page | null {
    // Delivered while the page was on its way: the entries in between are missing.
    if (delivered > this.head) return null;
    if (after < this.after || after > this.head) return null;
    return { entries: this.entries.slice(after - this.after), more: false, head: this.head, floor: this.floor };
  }

  private get head(): number {
    return this.after + this.entries.length;
  }
}
