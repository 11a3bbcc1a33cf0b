import { setTimeout as sleep } from 'node:timers/promises';
import { type Context, context } from '@opentelemetry/api';
import { type Deadline, Fault, asFault } from '@parley/contracts';
import { inGroupSpan } from './group-span.js';

export interface GroupCommitterOptions<Item, Answer> {
  /** What is committed, for the names of spans. */
  readonly what: string;
  /**
   * Commits a group as a whole or not at all, resolves with results in its order, and may be repeated with the same group. `deadline`: until
   * when the last of its callers waits.
   */
  readonly append: (group: readonly Item[], deadline: Deadline) => Promise<readonly Answer[]>;
  readonly groupItemsMax: number;
  readonly groupBytesMax: number;
  readonly waitingMax: number;
  readonly onGroup?: (group: { readonly size: number; readonly tookMs: number }) => void;
  readonly onRetry?: (retry: { readonly size: number; readonly attempt: number; readonly fault: Fault }) => void;
}

interface Waiting<Item, Answer> {
  readonly item: Item;
  readonly deadline: number;
  readonly context: Context;
  readonly since: number;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (fault: Fault) => void;
}

/** Resolves the promises of a committed group. */
type Answering = () => void;
const noneLeft: Answering = () => {};

const retryPauseMsMin = 25;
const retryPauseMsMax = 500;

/**
 * Commits the items of concurrent callers in groups: while one group is in flight, the next one gathers, and the callers of the one before are
 * answered. One group at a time, so that what a caller sends sequentially is committed in that order. Knows nothing of an item but its size.
 */
export class GroupCommitter<Item extends { readonly bytes: number }, Answer> {
  private readonly waiting: Waiting<Item, Answer>[] = [];
  private running: Promise<void> | undefined;

  constructor(private readonly options: GroupCommitterOptions<Item, Answer>) {}

  get waitingCount(): number {
    return this.waiting.length;
  }

  /** Resolves after the commit. While the store is unavailable it retries, until `deadline` (`deadlineIn`). */
  commit(item: Item, deadline: number): Promise<Answer> {
    if (this.waiting.length >= this.options.waitingMax) {
      return Promise.reject(
        new Fault('unavailable', 'overloaded', 'Too much at once; try again', { retryAfterMs: 500 }),
      );
    }
    return new Promise((resolve, reject) => {
      this.waiting.push({ item, deadline, context: context.active(), since: Date.now(), resolve, reject });
      this.running ??= this.run();
    });
  }

  /** Resolves when no item waits or is in flight. */
  async idle(): Promise<void> {
    while (this.running !== undefined) await this.running;
  }

  private async run(): Promise<void> {
    // All items that arrive in this turn of the event loop go into one group, its first item too.
    await turnEnds();
    let answerLast: Answering | null = null;
    while (this.waiting.length > 0) {
      const group = this.takeGroup();
      const stored = inGroupSpan(this.options.what, group, () => this.store(group));
      // The store works on this group while its callers of the group before are answered, which takes as long.
      if (answerLast) await turnEnds().then(answerLast);
      answerLast = await stored;
      if (this.waiting.length > 0) continue;
      answerLast();
      answerLast = null;
      await turnEnds();
    }
    this.running = undefined;
  }

  private takeGroup(): Waiting<Item, Answer>[] {
    const { groupItemsMax, groupBytesMax } = this.options;
    const now = performance.now();
    const group: Waiting<Item, Answer>[] = [];
    let bytes = 0;
    let taken = 0;
    for (const one of this.waiting) {
      if (group.length === groupItemsMax || (group.length > 0 && bytes + one.item.bytes > groupBytesMax)) break;
      taken += 1;
      if (one.deadline <= now) {
        one.reject(tooLate());
        continue;
      }
      bytes += one.item.bytes;
      group.push(one);
    }
    this.waiting.splice(0, taken);
    return group;
  }

  /** Never rejects: what it resolves with answers the items that were committed, and the promises of the others are settled. */
  private async store(whole: readonly Waiting<Item, Answer>[]): Promise<Answering> {
    const startedAt = performance.now();
    let group = whole;
    for (let attempt = 1; group.length > 0; attempt += 1) {
      try {
        const committed = group;
        const answers = await this.append(committed);
        this.options.onGroup?.({ size: committed.length, tookMs: performance.now() - startedAt });
        return () => committed.forEach((one, i) => one.resolve(answers[i] as Answer));
      } catch (error) {
        const fault = asFault(error);
        if (fault.code !== 'unavailable') return this.storeApart(group, fault);
        // Whether it was committed before the connection broke is unknown; client ids make a retry safe.
        this.options.onRetry?.({ size: group.length, attempt, fault });
        group = await this.pauseBeforeRetry(group, attempt, fault);
      }
    }
    return noneLeft;
  }

  /** Runs until the last deadline of its callers, not only that of the caller in whose context the group happens to run. */
  private append(group: readonly Waiting<Item, Answer>[]): Promise<readonly Answer[]> {
    const deadline = Math.max(...group.map((one) => one.deadline));
    return this.options.append(
      group.map(({ item }) => item),
      deadline,
    );
  }

  /** Rejects the items whose deadline would pass, and resolves with the others when it is time to retry. */
  private async pauseBeforeRetry(
    group: readonly Waiting<Item, Answer>[],
    attempt: number,
    fault: Fault,
  ): Promise<readonly Waiting<Item, Answer>[]> {
    const pauseMs = Math.min(retryPauseMsMin * 2 ** (attempt - 1), retryPauseMsMax);
    const again = performance.now() + pauseMs;
    const rest = group.filter((one) => {
      if (one.deadline > again) return true;
      one.reject(fault);
      return false;
    });
    if (rest.length > 0) await sleep(pauseMs);
    return rest;
  }

  /** Commits each item by itself, because one bad item must not fail the others of its group. */
  private async storeApart(group: readonly Waiting<Item, Answer>[], fault: Fault): Promise<Answering> {
    const [first, ...others] = group;
    if (others.length === 0) first?.reject(fault);
    else for (const one of group) (await this.store([one]))();
    return noneLeft;
  }
}

const turnEnds = (): Promise<void> => new Promise(setImmediate);

const tooLate = (): Fault => new Fault('unavailable', 'deadline_exceeded', 'It took too long', { retryAfterMs: 500 });
