import { vi } from 'vitest';
import { Sequencer, type Page, type Sequenced } from '../streams/sequencer.js';

const timings = { holdBackMs: 50, holdBackMax: 4, retryMs: 100, retryMaxMs: 350 };

/** A stream of numbers whose owner answers with `pages`, and fails when there is none left. */
export const givenSequencer = (pages: Partial<Page<number>>[] = []) => {
  const delivered: number[] = [];
  const reads: number[] = [];
  const observed = { heldBack: 0, skippedHole: 0, repaired: [] as number[], failures: [] as unknown[] };
  const waits = new Map<number, Promise<void>>();
  const repairs = { wait: Promise.resolve() };
  const scope = { kind: 'channel' as const, id: 'c' };
  const stream: Sequenced<number> = {
    scope,
    observer: {
      heldBack: () => (observed.heldBack += 1),
      skippedHole: () => (observed.skippedHole += 1),
      repaired: (count) => void observed.repaired.push(count),
      repairFailed: (where, error) => void observed.failures.push([where, error]),
      encodingFailed: () => {},
    },
    deliver: (event) => void delivered.push(event),
    beforeDelivery: (event) => waits.get(event) ?? null,
    beforeRepair: () => repairs.wait,
    read: (after) => {
      reads.push(after);
      const page = pages.shift();
      if (!page) return Promise.reject(new Error('away'));
      return Promise.resolve({ entries: [], more: false, head: 0, floor: 0, ...page });
    },
  };
  const sequencer = new Sequencer(stream, timings);
  const receive = (...sequences: number[]) => {
    for (const sequence of sequences) sequencer.receive({ sequence, event: sequence });
  };
  return { sequencer, delivered, reads, observed, waits, repairs, scope, receive };
};
export const entries = (...sequences: number[]) => sequences.map((sequence) => ({ sequence, event: sequence }));
/** Lets time pass, and everything that waits for it, under the fake timers of vitest. */
export const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
