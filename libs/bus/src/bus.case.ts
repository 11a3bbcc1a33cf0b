import { afterEach, beforeEach, describe } from 'vitest';
import { callCases } from './calls.case.js';
import { deadlineCases } from './deadlines.case.js';
import type { BusPair } from './demo.case.js';
import { drainCases } from './drain.case.js';
import { factCases } from './facts.case.js';
import { faultCases } from './faults.case.js';

/** What every driver keeps. */
export const busSuite = (name: string, makePair: () => Promise<BusPair>): void => {
  describe(`bus: ${name}`, () => {
    let pair: BusPair;
    beforeEach(async () => {
      pair = await makePair();
    });
    afterEach(async () => {
      await pair.caller.drain();
      await pair.server.drain();
    });
    const get = () => pair;
    callCases(get);
    faultCases(get);
    deadlineCases(get);
    factCases(get);
    drainCases(get);
  });
};
