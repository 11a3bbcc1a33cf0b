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
  /** Items with the same ordering key are committed in the order of their arrival. */
  readonly orderingKeyOf: (item: Item) => string;
  /** From the start of a group of several items to the start of the next, unless that is full before. */
  readonly distanceMs: number;
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

/** A group that the store works on. `orderingKeys`: those of its items, once they are asked for. */
interface InFlight<Item> {
  readonly items: readonly Item[];
  orderingKeys?: ReadonlySet<string>;
}

/** Resolves the promises of a committed group. */
type Answering = () => void;
const noneLeft: Answering = () => {};

// A commit has a price whatever its size (docs/adr/0076-groups-keep-a-distance.md).
/** Fewer items than this wait for the answer to the group ahead of them, and for its distance. */
const fullGroup = 64;
/** After a smaller group the next one waits for nothing, so a few items in a second are as fast as they can be. */
const distanceAfter = 4;

const retryPauseMsMin = 25;
const retryPauseMsMax = 500;

/**
 * Commits the items of concurrent callers in groups: while one group is in flight, the next one gathers, and the callers of the one before are
 * answered. Groups of several items keep a distance, so that they become larger instead of more. When half as many wait as are in flight,
 * they become a second group, without those that have an ordering key of the first: the store begins it as soon as the first is committed.
 * Knows nothing of an item but its size and its ordering key.
 */
export class GroupCommitter<Item extends { readonly bytes: number }, Answer> {
  private waiting: Waiting<Item, Answer>[] = [];
  private readonly inFlight: InFlight<Item>[] = [];
  private readonly unanswered: Answering[] = [];
  private isScheduled = false;
  private pause: NodeJS.Timeout | undefined;
  private last = { size: 0, startedAt: 0 };
  private readonly idleCallers: (() => void)[] = [];

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
      this.schedule();
    });
  }

  /** Resolves when every item was answered. */
  async idle(): Promise<void> {
    if (this.isBusy()) await new Promise<void>((resolve) => this.idleCallers.push(resolve));
  }

  private isBusy(): boolean {
    return this.waiting.length > 0 || this.inFlight.length > 0 || this.unanswered.length > 0;
  }

  /** All items that arrive in this turn of the event loop, or in the pause, go into one group, its first item too. */
  private schedule(): void {
    if (this.isScheduled || this.waiting.length < this.groupMin()) return;
    const pauseMs = this.pauseMs();
    if (pauseMs > 0) {
      this.pause ??= setTimeout(() => this.begin(), pauseMs);
      return;
    }
    this.isScheduled = true;
    setImmediate(() => this.begin());
  }

  private begin(): void {
    this.isScheduled = false;
    clearTimeout(this.pause);
    this.pause = undefined;
    this.storeNext();
    this.settleIfIdle();
  }

  /** How long the next group waits for more items; 0 or less: it begins. */
  private pauseMs(): number {
    const keepsDistance = this.inFlight.length === 0 && this.last.size >= distanceAfter;
    if (!keepsDistance || this.waiting.length >= fullGroup) return 0;
    return this.last.startedAt + this.options.distanceMs - performance.now();
  }

  /** How many items make the next group. */
  private groupMin(): number {
    const [first, second] = this.inFlight;
    if (first === undefined) return 1;
    return second === undefined ? Math.max(fullGroup, first.items.length / 2) : Infinity;
  }

  private storeNext(): void {
    const free = this.waiting.filter(({ item }) => !this.isKeyInFlight(item));
    const group = free.length < this.groupMin() ? [] : this.takeGroup(free);
    if (group.length === 0) return;
    this.last = { size: group.length, startedAt: performance.now() };
    const own: InFlight<Item> = { items: group.map(({ item }) => item) };
    this.inFlight.push(own);
    this.schedule();
    void inGroupSpan(this.options.what, group, () => this.store(group)).then((answering) => {
      this.inFlight.splice(this.inFlight.indexOf(own), 1);
      this.unanswered.push(answering);
      if (this.inFlight.length > 0 || this.waiting.length === 0 || this.pauseMs() > 0) return this.answer();
      // The store works on the next group while the callers of this one are answered, which takes as long.
      this.storeNext();
      setImmediate(() => this.answer());
    });
  }

  private isKeyInFlight(item: Item): boolean {
    const { orderingKeyOf } = this.options;
    return this.inFlight.some((group) =>
      (group.orderingKeys ??= new Set(group.items.map(orderingKeyOf))).has(orderingKeyOf(item)),
    );
  }

  private answer(): void {
    for (const answering of this.unanswered.splice(0)) answering();
    this.schedule();
    this.settleIfIdle();
  }

  private settleIfIdle(): void {
    if (this.isBusy()) return;
    for (const resolve of this.idleCallers.splice(0)) resolve();
  }

  /** The first of `free` that one group may have; rejects those whose deadline passed. */
  private takeGroup(free: readonly Waiting<Item, Answer>[]): Waiting<Item, Answer>[] {
    const { groupItemsMax, groupBytesMax } = this.options;
    const now = performance.now();
    const group: Waiting<Item, Answer>[] = [];
    const taken = new Set<Waiting<Item, Answer>>();
    let bytes = 0;
    for (const one of free) {
      if (group.length === groupItemsMax || (group.length > 0 && bytes + one.item.bytes > groupBytesMax)) break;
      taken.add(one);
      if (one.deadline <= now) {
        one.reject(tooLate());
        continue;
      }
      bytes += one.item.bytes;
      group.push(one);
    }
    this.waiting = this.waiting.filter((one) => !taken.has(one));
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

const tooLate = (): Fault => new Fault('unavailable', 'deadline_exceeded', 'It took too long', { retryAfterMs: 500 });
