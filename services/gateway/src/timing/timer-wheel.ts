import { atDeadline, timeLeft } from '@parley/contracts';

const slotCount = 256;
/** Of a deadline that is not set. */
export const noTimerSlot = -1;

/** What a timer calls when it is due. `now`: the time of the wheel's clock, which is monotonic. */
export interface TimerOwner {
  onDue(now: number): void;
}

/**
 * Something with one deadline. The wheel stores its slot here, so that moving it costs two set operations. Only the wheel writes these
 * fields; the slot is `noTimerSlot` at first.
 */
export interface Timed extends TimerOwner {
  timerSlot: number;
  timerDue: number;
}

/** One deadline of an owner that seldom has one. */
export class Timer implements Timed {
  timerSlot = noTimerSlot;
  timerDue = 0;

  constructor(private readonly owner: TimerOwner) {}

  onDue(now: number): void {
    this.owner.onDue(now);
  }
}

/** A tick later than this means that the process was stopped or starved. */
const starvedMs = 100;

/** One interval timer for many deadlines: setting, moving or forgetting one costs a set operation. */
export class TimerWheel {
  private readonly slots: Set<Timed>[] = Array.from({ length: slotCount }, () => new Set<Timed>());
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
  set(timer: Timed, due: number): void {
    this.forget(timer);
    // V8 keeps whole milliseconds within the timer, and a fraction in an object of its own.
    timer.timerDue = Math.ceil(due);
    // A deadline beyond one turn waits in the last slot and is set again from there; a past one waits in the next slot.
    const tick = Math.min(Math.max(this.tickOf(due) + 1, this.turned + 1), this.turned + slotCount - 1);
    timer.timerSlot = tick % slotCount;
    this.slots[timer.timerSlot]?.add(timer);
  }

  forget(timer: Timed): void {
    if (timer.timerSlot === noTimerSlot) return;
    this.slots[timer.timerSlot]?.delete(timer);
    timer.timerSlot = noTimerSlot;
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

  private fire(item: Timed, now: number): void {
    if (item.timerSlot === noTimerSlot) return;
    item.timerSlot = noTimerSlot;
    if (item.timerDue > now) this.set(item, item.timerDue);
    else item.onDue(now);
  }

  private tickOf(time: number): number {
    return Math.floor(time / this.tickMs);
  }
}
