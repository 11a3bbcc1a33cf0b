import { type Deadline, atDeadline } from '@parley/contracts';

const widthMs = 10;

interface Slot {
  readonly due: Set<() => void>;
  readonly cancel: () => void;
}

/**
 * `atDeadline` for many: what is due within the same 10 ms shares a timer, and is due up to 10 ms late. Nearly every call is answered long
 * before, and a timer of its own, set and cleared, would cost it more than its headers.
 */
export const createSharedTimers = (whenStarved?: (lateMs: number) => Promise<void>) => {
  const slots = new Map<number, Slot>();
  const open = (at: number): Slot => {
    const due = new Set<() => void>();
    const end = (): void => {
      if (slots.get(at) === slot) slots.delete(at);
      for (const timeUp of due) timeUp();
    };
    const slot = { due, cancel: atDeadline(at * widthMs, end, whenStarved) };
    slots.set(at, slot);
    return slot;
  };
  /** Returns a function that cancels it. */
  return (deadline: Deadline, timeUp: () => void): (() => void) => {
    const at = Math.ceil(deadline / widthMs);
    const slot = slots.get(at) ?? open(at);
    slot.due.add(timeUp);
    return () => {
      if (!slot.due.delete(timeUp) || slot.due.size > 0) return;
      if (slots.get(at) === slot) slots.delete(at);
      slot.cancel();
    };
  };
};
