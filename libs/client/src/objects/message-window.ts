import { fold } from '../entries.js';
import type { Entry, Message, MessagePage } from '../types.js';

interface Slot {
  message: Message;
  /** The sequence up to which every entry is part of the message. */
  head: number;
}

export interface WindowOptions {
  readonly max: number;
  readonly accountId: () => string | null;
  /** Whether a new message belongs here. */
  readonly accepts: (message: Message) => boolean;
}

/**
 * The messages of consecutive pages, and the entries that came after each page. An entry at or below the head of a page is part of that
 * page already, so pages and entries may arrive in any order, as long as every entry after the page's head is applied after the page.
 */
export class MessageWindow {
  #slots: Slot[] = [];
  /** Up to which sequence new messages are here, while the window reaches the end. */
  #head = 0;
  hasBefore = false;
  hasAfter = false;

  constructor(private readonly options: WindowOptions) {}

  get messages(): readonly Message[] {
    return this.#slots.map(({ message }) => message);
  }

  get first(): number {
    return this.#slots[0]?.message.sequence ?? this.#head + 1;
  }

  get last(): number {
    return this.#slots.at(-1)?.message.sequence ?? this.#head;
  }

  /** Replaces everything by a page. */
  reset(page: MessagePage, hasBefore = false, hasAfter = false): void {
    this.#slots = slotsOf(page);
    this.#head = page.head;
    this.hasBefore = hasBefore;
    this.hasAfter = hasAfter;
  }

  /** Adds the page before the first message. */
  prepend(page: MessagePage): void {
    const { first } = this;
    const earlier = slotsOf(page).filter(({ message }) => message.sequence < first);
    this.#slots = [...earlier, ...this.#slots];
    this.hasBefore = page.more && page.messages.length > 0;
    if (this.#slots.length > this.options.max) {
      this.#slots.length = this.options.max;
      this.hasAfter = true;
    }
  }

  /** Adds the page after the last message. */
  append(page: MessagePage): void {
    if (!this.hasAfter) return;
    const { last } = this;
    this.#slots.push(...slotsOf(page).filter(({ message }) => message.sequence > last));
    this.hasAfter = page.more && page.messages.length > 0;
    this.#head = page.head;
    this.#trimStart();
  }

  /** Applies an entry of the channel's stream. Returns whether something changed. */
  apply(entry: Entry): boolean {
    const { sequence } = entry;
    let isChanged = false;
    for (const slot of this.#slots) {
      if (sequence <= slot.head) continue;
      const message = fold(slot.message, entry, this.options.accountId());
      if (message === slot.message) continue;
      isChanged = true;
      slot.message = message;
      slot.head = sequence;
    }
    if (sequence <= this.#head) return isChanged;
    this.#head = sequence;
    if (entry.kind !== 'message.created' || this.hasAfter || !this.options.accepts(entry.message)) return isChanged;
    this.#slots.push({ message: entry.message, head: sequence });
    this.#trimStart();
    return true;
  }

  /** Who reaches the end keeps the newest. */
  #trimStart(): void {
    const surplus = this.#slots.length - this.options.max;
    if (surplus <= 0) return;
    this.#slots.splice(0, surplus);
    this.hasBefore = true;
  }
}

const slotsOf = ({ messages, head }: MessagePage): Slot[] => messages.map((message) => ({ message, head }));
