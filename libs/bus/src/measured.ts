import { asFault } from '@parley/contracts';
import type { CallMeter } from './bus.js';

export const secondsSince = (startedAt: number): number => (performance.now() - startedAt) / 1_000;

/** Runs `work` and reports its duration and outcome to the meter, if there is one. */
export const measured = async <T>(meter: CallMeter | undefined, work: () => Promise<T>): Promise<T> => {
  if (!meter) return work();
  const startedAt = performance.now();
  try {
    const result = await work();
    meter('ok', secondsSince(startedAt));
    return result;
  } catch (error) {
    meter(asFault(error).code, secondsSince(startedAt));
    throw error;
  }
};
