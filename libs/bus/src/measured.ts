import { asFault } from '@parley/contracts';
import type { CallMeter } from './bus.js';

/** Tells the meter how long work took and how it ended; without one it is only done. */
export const measured = async <T>(meter: CallMeter | undefined, work: () => Promise<T>): Promise<T> => {
  if (!meter) return work();
  const startedAt = performance.now();
  try {
    const result = await work();
    meter('ok', (performance.now() - startedAt) / 1_000);
    return result;
  } catch (error) {
    meter(asFault(error).code, (performance.now() - startedAt) / 1_000);
    throw error;
  }
};
