import { afterEach, beforeEach, describe } from 'vitest';
import { callCases } from './calls.suite.js';
import { deadlineCases } from './deadlines.suite.js';
import type { BusPair } from './testing/demo.js';
import { drainCases } from './drain.suite.js';
import { eventCases } from './events.suite.js';
import { formerNameCases } from './former-names.suite.js';
import { faultCases } from './faults.suite.js';

/** The guarantees that every driver of the bus keeps. */
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
    eventCases(get);
    drainCases(get);
    formerNameCases(get);
  });
};
