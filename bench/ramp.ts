// The rate is raised until the system fails twice at the same rate; the best step that counts is its figure.
import type { Step, Verdict } from './step.js';
import type { Plan } from './system.js';

/** What the ramp needs to know of a step. */
export interface Attempt extends Verdict {
  /** Deliveries a second. */
  readonly deliveries: number;
  /** Connections that are gone. */
  readonly closed: number;
}

export type Tried<S extends Attempt = Step> = S & {
  /** Messages a second. */
  readonly rate: number;
  readonly attempt: number;
};

export interface Climb<S extends Attempt = Step> {
  readonly best: Tried<S> | null;
  readonly steps: readonly Tried<S>[];
  readonly endedBy: string;
}

/** With steps of 1.4 the figure is at most 9 % below the limit. */
const halvings = 2;

/** Calls `report` after each step. */
export const climb = async <S extends Attempt>(
  runAt: (rate: number) => Promise<S>,
  plan: Omit<Plan, 'pace'>,
  report: (step: Tried<S>) => void,
): Promise<Climb<S>> => {
  const steps: Tried<S>[] = [];
  const tryRate = async (rate: number): Promise<boolean> => {
    for (let attempt = 1; attempt <= plan.attempts; attempt += 1) {
      const step = { rate, attempt, ...(await runAt(rate)) };
      steps.push(step);
      report(step);
      if (step.failed === null) return true;
      // Nothing can be tried again with sockets that are gone.
      if (step.closed > 0) return false;
    }
    return false;
  };
  let rate = plan.firstRate;
  let held = 0;
  while (steps.length < plan.stepsMax && (await tryRate(Math.round(rate)))) {
    held = rate;
    rate *= plan.factor;
  }
  // Between the last that went well and the first that did not.
  for (let halving = 0; halving < halvings && held > 0 && steps.length < plan.stepsMax; halving += 1) {
    if (steps.some(({ closed }) => closed > 0)) break;
    const between = Math.sqrt(held * rate);
    if (await tryRate(Math.round(between))) held = between;
    else rate = between;
  }
  const valid = steps.filter(({ failed }) => failed === null);
  const best = valid.reduce<Tried<S> | null>((a, b) => (a && a.deliveries >= b.deliveries ? a : b), null);
  return { best, steps, endedBy: steps.findLast(({ failed }) => failed !== null)?.limitedBy ?? 'the number of steps' };
};
