import type { AccountId, Realm } from '@parley/contracts';

const graceDefaultMs = 1_000;
/** Accounts that connect together are compared together. */
const gatherMs = 10;

interface Waiting {
  readonly dueAt: number;
  readonly realm: Realm;
  readonly id: AccountId;
}

/** Decides when accounts are compared: soon, but each at most once in the grace period, or after the grace period. */
export class SettleQueue {
  private readonly next = new Map<Realm, Set<AccountId>>();
  /** All wait equally long, so the first is due first. */
  private readonly waiting: Waiting[] = [];
  /** When accounts were compared last, the oldest first. */
  private readonly recent = new Map<AccountId, number>();
  private gathering: NodeJS.Timeout | null = null;
  private timer: NodeJS.Timeout | null = null;
  private stopped = false;

  constructor(
    private readonly settle: (realm: Realm, ids: readonly AccountId[]) => Promise<void>,
    private readonly graceMs = graceDefaultMs,
  ) {}

  soon(realm: Realm, id: AccountId): void {
    const last = this.recent.get(id);
    if (last !== undefined && performance.now() - last < this.graceMs) return this.later(realm, id);
    const ids = this.next.get(realm) ?? new Set<AccountId>();
    this.next.set(realm, ids.add(id));
    if (!this.stopped) this.gathering ??= setTimeout(() => this.flush(), gatherMs);
  }

  later(realm: Realm, id: AccountId): void {
    this.waiting.push({ dueAt: performance.now() + this.graceMs, realm, id });
    this.arm();
  }

  stop(): void {
    this.stopped = true;
    if (this.gathering) clearTimeout(this.gathering);
    if (this.timer) clearTimeout(this.timer);
  }

  private arm(): void {
    const [first] = this.waiting;
    if (!first || this.stopped) return;
    this.timer ??= setTimeout(() => this.onDue(), Math.max(gatherMs, first.dueAt - performance.now())).unref();
  }

  private onDue(): void {
    this.timer = null;
    const now = performance.now();
    const due = this.waiting.findIndex(({ dueAt }) => dueAt > now);
    const ready = this.waiting.splice(0, due === -1 ? this.waiting.length : due);
    for (const { realm, id } of ready) this.next.set(realm, (this.next.get(realm) ?? new Set()).add(id));
    this.flush();
    this.arm();
  }

  private flush(): void {
    if (this.gathering) clearTimeout(this.gathering);
    this.gathering = null;
    const now = performance.now();
    for (const [id, at] of this.recent) {
      if (now - at < this.graceMs) break;
      this.recent.delete(id);
    }
    for (const [realm, ids] of this.next) {
      for (const id of ids) {
        this.recent.delete(id);
        this.recent.set(id, now);
      }
      void this.settle(realm, [...ids]);
    }
    this.next.clear();
  }
}
