import { isParleyError, isRetryable } from './parley-error.js';
import type { ParleyError } from './parley-error.js';
import { rpcError } from './connection.js';
import type { Schemas } from './protocol.js';
import { StreamCursor } from './stream-cursor.js';
import type { Entry } from './types.js';

/** The server's answer to a resume or attach. */
export type StreamAnswer = Schemas['ResumedStream'];

/** An entry as a stream delivers it. */
export interface StreamEntry {
  readonly entry: Entry;
  /** Of the inbox: the sequence there. */
  readonly inboxSequence?: number;
}

export interface Page {
  readonly entries: readonly { readonly sequence: number; readonly delivery: StreamEntry }[];
  readonly more: boolean;
  readonly head: number;
}

export interface StreamOptions {
  readonly last: number | null;
  readonly deliver: (delivery: StreamEntry) => void;
  /** Resumes this stream alone, from after a sequence. */
  readonly resume: (after: number) => Promise<StreamAnswer>;
  /** Reads history over REST. */
  readonly page: (after: number) => Promise<Page>;
  /** Whether it reads every entry from history that the server does not push any more. false: it goes on after them, and `onMissed` is called. */
  isComplete: boolean;
  readonly onMissed: () => void;
  /** The server does not deliver this stream to the account (any more). */
  readonly onRefused: (error: ParleyError) => void;
  readonly retryMs: (error: ParleyError) => number;
}

const stillGapMs = 100;

/** One stream of the client without gaps: it detects missing sequences, resumes from them, and reads history after a `reset`. */
export class Stream {
  readonly cursor: StreamCursor<StreamEntry>;
  #taking = 0;
  #isOver = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(readonly options: StreamOptions) {
    this.cursor = new StreamCursor(options.last, options.deliver);
  }

  push(sequence: number, delivery: StreamEntry): void {
    if (this.#isOver) return;
    this.cursor.push(sequence, delivery);
    if (this.cursor.hasGap && this.cursor.last !== null) void this.repair();
  }

  /** Starts or resumes the stream with the result of `ask`. Gaps are not repaired meanwhile, because the result may fill them. */
  async take(ask: () => Promise<StreamAnswer>): Promise<void> {
    this.#taking++;
    const after = this.cursor.last;
    try {
      await this.#settle(await ask(), after);
      if (this.cursor.hasGap && this.#taking === 1) this.#later(stillGapMs);
    } catch (error) {
      this.#failed(error);
    } finally {
      this.#taking--;
    }
  }

  /** Requests the entries between the last delivered sequence and those that are held. */
  async repair(): Promise<void> {
    const last = this.cursor.last;
    if (last !== null && this.#taking === 0 && !this.#isOver) await this.take(() => this.options.resume(last));
  }

  stop(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
  }

  async #settle(answer: StreamAnswer, after: number | null): Promise<void> {
    if (this.#isOver) return;
    if (answer.outcome === 'refused') throw rpcError(answer.error);
    // A head below what was already delivered means another stream: the server was restored from a backup.
    const isAnother = answer.outcome === 'reset' && after !== null && answer.head < after;
    const isMissed = answer.outcome === 'reset' && !this.options.isComplete;
    if (isAnother || isMissed || this.cursor.last === null) this.cursor.startAfter(answer.head);
    if (isAnother || isMissed) this.options.onMissed();
    // Also after `replayed`: only history shows that a sequence holds no message.
    for (let last = this.cursor.last; last !== null && last < answer.head; last = this.cursor.last) {
      await this.#readPage(last, answer.head);
      if (this.#isOver) return;
    }
  }

  async #readPage(after: number, head: number): Promise<void> {
    const page = await this.options.page(after);
    if (this.#isOver) return;
    for (const { sequence, delivery } of page.entries) {
      this.cursor.skipTo(sequence - 1);
      this.cursor.push(sequence, delivery);
    }
    if (!page.more || page.entries.length === 0) this.cursor.skipTo(Math.max(page.head, head));
  }

  #failed(error: unknown): void {
    if (this.#isOver) return;
    if (!isParleyError(error)) throw error;
    // Without a connection no request is possible; the next connection resumes every stream.
    if (error.reason === 'connection_lost') return;
    const isRetryableHere = isRetryable(error) || error.code === 'unauthenticated';
    if (isRetryableHere) this.#later(this.options.retryMs(error));
    else this.options.onRefused(error);
  }

  #later(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.repair(), ms);
  }
}
