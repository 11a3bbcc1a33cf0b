// The rate is raised until the system fails twice at the same rate; the best step that counts is its figure.
import { runStep } from './step.js';

/**
 * @param {{ system: object, listeners: object, sockets: number, cores: object }} room
 * @param {{ firstRate: number, factor: number, stepsMax: number, pace: { warmUpMs: number, measureMs: number } }} plan
 * @param {(step: object) => void} tell
 */
export const climb = async (room, plan, tell) => {
  const steps = [];
  const tryRate = async (rate) => {
    for (let attempt = 1; attempt <= plan.attempts; attempt += 1) {
      const step = { rate, attempt, ...(await runStep(room, rate, plan.pace)) };
      steps.push(step);
      tell(step);
      if (step.failed === null) return true;
      // Nothing can be tried again with sockets that are gone.
      if (step.closed > 0) return false;
    }
    return false;
  };
  let rate = plan.firstRate;
  let last = 0;
  while (steps.length < plan.stepsMax && (await tryRate(Math.round(rate)))) {
    last = rate;
    rate *= plan.factor;
  }
  // Between the last that went well and the first that did not.
  if (last > 0 && steps.length < plan.stepsMax && steps.every(({ closed }) => closed === 0)) {
    await tryRate(Math.round(last * Math.sqrt(plan.factor)));
  }
  const valid = steps.filter(({ failed }) => failed === null);
  const best = valid.reduce((a, b) => (a && a.deliveries >= b.deliveries ? a : b), null);
  return { best, steps, endedBy: steps.findLast(({ failed }) => failed !== null)?.limitedBy ?? 'the number of steps' };
};
