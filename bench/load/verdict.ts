import type { LoadStep } from './load-step.js';
import type { Verdict } from '../step.js';

const generatorMax = 0.9;
const offeredMin = 0.98;
const p99MaxMs = 100;

const good: Verdict = { failed: null, limitedBy: null };
const bySystem = (failed: string): Verdict => ({ failed, limitedBy: 'system' });
const byBench = (failed: string): Verdict => ({ failed, limitedBy: 'bench' });

/** Whether each message came to each member exactly once, was answered, and is stored. */
export const correctness = (step: LoadStep): Verdict => {
  const { lost, doubled, refused, unanswered, unstored, lostConnections, errors } = step;
  if (refused > 0) return bySystem(`${refused} refused (${Object.keys(errors).join(', ')})`);
  if (unanswered > 0) return bySystem(`${unanswered} not answered`);
  if (lost > 0) return bySystem(`${lost} lost`);
  if (doubled > 0) return bySystem(`${doubled} doubled`);
  if (unstored) return bySystem(`${unstored} answered but not stored`);
  if (lostConnections > 0) return bySystem(`${lostConnections} connections were closed`);
  return good;
};

/** Whether an accepted message was lost, was not stored or came twice. A refused message may come or not. */
export const breaksGuarantee = ({ refused, unanswered, lost, doubled, unstored }: LoadStep): boolean =>
  doubled > 0 || (refused === 0 && unanswered === 0 && (lost > 0 || (unstored ?? 0) !== 0));

/** Of a step at a rate: correct, on time, and not limited by the generator. `perMessage`: deliveries that each message causes. */
export const atRate = (step: LoadStep, rate: number, perMessage: number): Verdict => {
  const correct = correctness(step);
  if (correct.failed !== null) return correct;
  if ((step.cpu['generator'] ?? 0) >= generatorMax) return byBench('the generator has no time left');
  if (step.sentPerSecond < rate * offeredMin) return byBench('the generator was held up');
  if (step.deliveriesPerSecond < rate * perMessage * offeredMin) return bySystem('fewer delivered than offered');
  if (step.delivery.p99 > p99MaxMs) return bySystem(`p99 above ${p99MaxMs} ms`);
  return good;
};
