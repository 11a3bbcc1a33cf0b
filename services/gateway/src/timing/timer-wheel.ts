import { atDeadline, timeLeft } from '@parley/contracts';

const slotCount = 256;
const nowhere = -1;

/** What a timer calls when it is due. `now`: the time of the wheel's clock, which is monotonic. */
export interface TimerOwner {
  onDue(now: number): void;
}

/** One deadline of its owner. The wheel stores its slot here, so that moving it costs two set operations. */
export class Timer {
  /** Written only by the wheel. */
  slot = nowhere;
  due = 0;

  constructor(readonly owner: TimerOwner) {}
}

/** A tick later than this means that the process was stopped or starved. */
const starvedMs = 100;

/** One interval timer for many deadlines: setting, moving or forgetting one costs a set operation. */
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

  /** Calls `onDue` once, at or soon after `due`; replaces an earlier setting of the same timer. */
  set(timer: Timer, due: number): void {
    this.forget(timer);
    // V8 keeps whole milliseconds within the timer, and a fraction in an object of its own.
    timer.due = Math.ceil(due);
    // A deadline beyond one turn waits in the last slot and is set again from there; a past one waits in the next slot.
    const tick = Math.min(Math.max(this.tickOf(due) + 1, this.turned + 1), this.turned + slotCount - 1);
    timer.slot = tick % slotCount;
    this.slots[timer.slot]?.add(timer);
  }

  forget(timer: Timer): void {
    if (timer.slot === nowhere) return;
    this.slots[timer.slot]?.delete(timer);
    timer.slot = nowhere;
  }

  stop(): void {
    clearInterval(this.timer);
    this.cancelReading?.();
  }

  /** Data that has arrived is read before timers fire late: after a stop, the event loop runs timers before it reads sockets. */
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
    // After a stall of more than one turn, every slot is visited once.
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
    if (item.slot === nowhere) return;
    item.slot = nowhere;
    if (item.due > now) this.set(item, item.due);
    else item.owner.onDue(now);
  }

  private tickOf(time: number): number {
    return Math.floor(time / this.tickMs);
  }
}
