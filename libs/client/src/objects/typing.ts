import { State } from '../state.js';
import type { AccountName } from './types.js';

/** How long an account is shown as typing, and how often the own typing is sent, in milliseconds. */
const shownMs = 6_000;
const sentEveryMs = 3_000;
/** More are not shown. */
const countMax = 50;

/** Who is typing. */
export class Typing extends State<readonly AccountName[]> {
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>();
  #sentAt = -Infinity;

  started(account: AccountName): void {
    this.stopped(account.id);
    if (this.value.length >= countMax) return;
    this.set([...this.value, account]);
    this.#timers.set(
      account.id,
      setTimeout(() => this.stopped(account.id), shownMs),
    );
  }

  stopped(id: string): void {
    const timer = this.#timers.get(id);
    if (!timer) return;
    clearTimeout(timer);
    this.#timers.delete(id);
    this.set(this.value.filter((account) => account.id !== id));
  }

  clear(): void {
    for (const id of [...this.#timers.keys()]) this.stopped(id);
  }

  /** Whether it is time to send that this account is typing. */
  isDue(): boolean {
    const now = performance.now();
    if (now - this.#sentAt < sentEveryMs) return false;
    this.#sentAt = now;
    return true;
  }
}
