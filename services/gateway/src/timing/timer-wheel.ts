import { atDeadline, timeLeft } from '@parley/contracts';

/** Something that has a next moment. `due` is a moment of the wheel's clock, which is monotonic. */
export interface Timer {
  onDue(now: number): void;
  /** Kept by the wheel: where it is, so that it can be moved. */
  timerSlot: number;
  timerDue: number;
}

const slotCount = 256;
const nowhere = -1;
/** A tick later than this belongs to a process that was stopped or starved. */
const starvedMs = 100;

/** One timer for everything that waits: setting, moving and forgetting a moment costs a set operation. */
export class TimerWheel {
  private readonly slots: Set<Timer>[] = Array.from({ length: slotCount }, () => new Set<Timer>());
  private readonly timer: NodeJS.Timeout;
  private turned: number;
  private tickDue: number;
  private cancelReading: (() => void) | null = null;

  constructor(
    private readonly clock: () => number,
    private readonly tickMs = 100,
  ) {
    this.turned = this.tickOf(clock());
    this.tickDue = performance.now() + tickMs;
    this.timer = setInterval(() => this.tick(), tickMs).unref();
  }

  /** Calls `onDue` once, at or soon after `due`; an earlier setting of the same is replaced. */
  set(timer: Timer, due: number): void {
    this.forget(timer);
    timer.timerDue = due;
    // A moment beyond one turn waits in the last slot and is put again from there; one that is past, in the next.
    const tick = Math.min(Math.max(this.tickOf(due) + 1, this.turned + 1), this.turned + slotCount - 1);
    timer.timerSlot = tick % slotCount;
    this.slots[timer.timerSlot]?.add(timer);
  }

  forget(timer: Timer): void {
    if (timer.timerSlot === nowhere) return;
    this.slots[timer.timerSlot]?.delete(timer);
    timer.timerSlot = nowhere;
  }

  stop(): void {
    clearInterval(this.timer);
    this.cancelReading?.();
  }

  /** What has arrived is read before anything is late: after a stop, timers fire before the event loop has read a socket. */
  private tick(): void {
    const due = this.tickDue;
    this.tickDue = performance.now() + this.tickMs;
    if (this.cancelReading) return;
    if (timeLeft(due) > -starvedMs) return this.turn();
    this.cancelReading = atDeadline(due, () => {
      this.cancelReading = null;
      this.turn();
    });
  }

  private turn(): void {
    const now = this.clock();
    const target = this.tickOf(now);
    // After a stall of more than one turn every slot is looked at once.
    const from = Math.max(this.turned + 1, target - slotCount + 1);
    for (let tick = from; tick <= target; tick++) {
      this.turned = tick;
      const slot = this.slots[tick % slotCount];
      if (!slot || slot.size === 0) continue;
      const items = [...slot];
      slot.clear();
      for (const item of items) this.fire(item, now);
    }
    this.turned = Math.max(this.turned, target);
  }

  private fire(item: Timer, now: number): void {
    if (item.timerSlot === nowhere) return;
    item.timerSlot = nowhere;
    if (item.timerDue > now) this.set(item, item.timerDue);
    else item.onDue(now);
  }

  private tickOf(time: number): number {
    return Math.floor(time / this.tickMs);
  }
}

export const notScheduled = nowhere;
