import { context, createContextKey } from '@opentelemetry/api';
import { type Deadline, Fault, timeLeft } from '@parley/contracts';

/** The symbol of the global registry under which libs/bus stores the deadline of the call that is being served. */
const deadlineKey = createContextKey('parley.deadline');

/** The deadline of the call that the running handler serves; undefined outside of a call. */
export const callerDeadline = (): Deadline | undefined => {
  const deadline = context.active().getValue(deadlineKey);
  return typeof deadline === 'number' ? deadline : undefined;
};

/**
 * Runs `work` for several callers, of whom the last waits until `deadline`; undefined: without a deadline. Work for several calls at once
 * would otherwise have the deadline of the call in whose context it happens to run.
 */
export const withCallerDeadline = <T>(deadline: Deadline | undefined, work: () => Promise<T>): Promise<T> => {
  const active = context.active();
  return context.with(
    deadline === undefined ? active.deleteValue(deadlineKey) : active.setValue(deadlineKey, deadline),
    work,
  );
};

export const isTooLate = (deadline: Deadline | undefined): boolean => deadline !== undefined && timeLeft(deadline) <= 0;

export const tooLate = (): Fault =>
  new Fault('unavailable', 'deadline_exceeded', 'This took too long', { retryAfterMs: 1_000 });
