import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { SequencerTimings } from '../timing/timings.js';
import { Sequencer, type Page, type Sequenced } from './sequencer.js';

// Timers and `setImmediate` run when the test says so.
beforeAll(() => void vi.useFakeTimers());
afterAll(() => void vi.useRealTimers());

/** A step of the stream's owner, of the bus, or of time. */
type Step =
  | { readonly type: 'commit'; readonly isMessage: boolean }
  /** The bus delivers an event, for the first time or again: the one `back` before the newest. */
  | { readonly type: 'event'; readonly back: number }
  /** The owner answers the read that waits longest, or fails. */
  | { readonly type: 'answer'; readonly fails: boolean }
  | { readonly type: 'check' }
  | { readonly type: 'expect' }
  | { readonly type: 'start'; readonly back: number }
  | { readonly type: 'time'; readonly ms: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ type: fc.constant('commit'), isMessage: fc.integer({ max: 9, min: 0 }).map(Boolean) }),
  },
  { weight: 6, arbitrary: fc.record({ type: fc.constant('event'), back: fc.nat(9) }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('answer'), fails: fc.nat(4).map((n) => n === 0) }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('check') }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('expect') }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('start'), back: fc.nat(4) }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('time'), ms: fc.nat(60) }) },
);

interface Read {
  readonly page: Page<number>;
  resolve(page: Page<number>): void;
  reject(error: Error): void;
}

/** A stream whose owner, bus and membership checks do what the steps say. */
const givenStream = (timings: SequencerTimings, pageMax: number, checks: ReadonlySet<number>) => {
  const log: boolean[] = [];
  const delivered: number[] = [];
  const reads: Read[] = [];
  const waiting: (() => void)[] = [];
  const checked = new Set<number>();
  let holes = 0;
  let lowestEarly = Infinity;
  let highest = 0;
  let begin: number | null = null;

  const pageAfter = (after: number): Page<number> => {
    const sequences = log.flatMap((isMessage, n) => (isMessage && n + 1 > after ? [n + 1] : []));
    const entries = sequences.slice(0, pageMax).map((sequence) => ({ sequence, event: sequence }));
    return { entries, more: sequences.length > pageMax, head: log.length, floor: 0 };
  };
  const stream: Sequenced<number> = {
    scope: { kind: 'channel', id: randomUUID() },
    observer: {
      heldBack: () => {},
      skippedHole: () => (holes += 1),
      repaired: () => {},
      repairFailed: () => {},
      encodingFailed: () => {},
    },
    deliver: (event, sequence) => {
      expect(event).toBe(sequence);
      delivered.push(sequence);
    },
    beforeDelivery: (event) => {
      if (!checks.has(event) || checked.has(event)) return null;
      return new Promise<void>((resolve) => waiting.push(resolve)).then(() => void checked.add(event));
    },
    beforeRepair: () => (checks.size === 0 ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve))),
    // What a page contains is decided when it is asked for, and events arrive before its answer.
    read: (after) => new Promise((resolve, reject) => reads.push({ page: pageAfter(after), resolve, reject })),
  };
  const sequencer = new Sequencer(stream, timings);
  return {
    log,
    delivered,
    reads,
    waiting,
    sequencer,
    receive: (sequence: number) => {
      if (begin === null) lowestEarly = Math.min(lowestEarly, sequence);
      highest = Math.max(highest, sequence);
      sequencer.receive({ sequence, event: sequence });
    },
    start: (head: number) => {
      begin ??= Math.min(head, lowestEarly - 1);
      sequencer.start(head);
    },
    /** Where it began: at the first head, and below each event that arrived before that. */
    begin: () => begin ?? 0,
    /** The highest sequence that the bus delivered. */
    highest: () => highest,
    holes: () => holes,
  };
};
type Given = ReturnType<typeof givenStream>;

const perform = async ({ log, reads, waiting, sequencer, receive, start }: Given, one: Step): Promise<void> => {
  const sequence = log.length - ('back' in one ? one.back : 0);
  if (one.type === 'commit') log.push(one.isMessage);
  else if (one.type === 'event' && log[sequence - 1]) receive(sequence);
  else if (one.type === 'expect') sequencer.expect(log.length);
  else if (one.type === 'start') start(Math.max(0, sequence));
  else if (one.type === 'check') waiting.shift()?.();
  else if (one.type === 'answer') {
    const read = reads.shift();
    if (one.fails) read?.reject(new Error('The owner is away'));
    else read?.resolve(read.page);
  }
  await vi.advanceTimersByTimeAsync(one.type === 'time' ? one.ms : 0);
};

/** The owner answers again, and its head is compared until nothing is missing. */
const settle = async (given: Given, { comparesHeads = true } = {}): Promise<void> => {
  given.start(given.log.length);
  for (let round = 0; round < 200 && given.sequencer.delivered !== given.log.length; round += 1) {
    if (comparesHeads) await perform(given, { type: 'expect' });
    await perform(given, { type: 'check' });
    await perform(given, { type: 'answer', fails: false });
    await perform(given, { type: 'time', ms: 1_000 });
  }
};

const end = ({ sequencer }: Given): void => {
  sequencer.stop();
  vi.clearAllTimers();
};

const timings = fc.record({
  holdBackMs: fc.constantFrom(1, 20, 50),
  holdBackMax: fc.constantFrom(1, 2, 3, 256),
  retryMs: fc.constant(10),
  retryMaxMs: fc.constant(100),
});

const steps = fc.array(step, { maxLength: 60, size: 'max' });
const checks = fc.uniqueArray(fc.integer({ min: 1, max: 20 }), { maxLength: 4 }).map((all) => new Set(all));
const given = fc.tuple(timings, fc.integer({ min: 1, max: 4 }), checks);
const runs = { seed: 1, numRuns: 500 };

test('events lost, doubled, late and repaired are delivered once each, in order and without a gap', async () => {
  await fc.assert(
    fc.asyncProperty(steps, given, async (all, settings) => {
      const stream = givenStream(...settings);
      for (const one of all) await perform(stream, one);
      await settle(stream);
      end(stream);
      const messages = stream.log.flatMap((isMessage, n) => (isMessage ? [n + 1] : []));
      expect(stream.delivered).toEqual(messages.filter((sequence) => sequence > stream.begin()));
      expect(stream.sequencer.delivered).toBe(stream.log.length);
      expect(stream.holes()).toBe(0);
    }),
    runs,
  );
});

test('what arrived is delivered without a comparison of heads, also if no more could be held', async () => {
  await fc.assert(
    fc.asyncProperty(steps, given, async (all, settings) => {
      const stream = givenStream(...settings);
      for (const one of all) if (one.type !== 'expect') await perform(stream, one);
      await settle(stream, { comparesHeads: false });
      end(stream);
      expect(stream.sequencer.delivered).toBeGreaterThanOrEqual(stream.highest());
    }),
    runs,
  );
});

test('an event that arrives before the head is known is delivered, also below more events than are held', async () => {
  const stream = givenStream({ holdBackMs: 1, holdBackMax: 2, retryMs: 10, retryMaxMs: 100 }, 10, new Set());
  stream.log.push(true, true, true, true);
  for (const sequence of [4, 3, 2, 2]) stream.receive(sequence);
  await settle(stream);
  end(stream);
  expect(stream.delivered).toEqual([2, 3, 4]);
});

test('an event for which there was no room is read, when the events below it are delivered', async () => {
  const stream = givenStream({ holdBackMs: 1, holdBackMax: 1, retryMs: 10, retryMaxMs: 100 }, 10, new Set());
  stream.log.push(true, true);
  for (const sequence of [1, 2]) stream.receive(sequence);
  stream.start(2);
  await perform(stream, { type: 'time', ms: 1 });
  await perform(stream, { type: 'answer', fails: false });
  end(stream);
  expect(stream.delivered).toEqual([1, 2]);
});

test('an event that its owner has not, and for which there was no room, is read once', async () => {
  const stream = givenStream({ holdBackMs: 1, holdBackMax: 1, retryMs: 10, retryMaxMs: 100 }, 10, new Set());
  stream.start(0);
  for (const sequence of [8, 9]) stream.receive(sequence);
  for (let reads = 0; reads < 4; reads += 1) {
    await perform(stream, { type: 'time', ms: 1 });
    await perform(stream, { type: 'answer', fails: false });
  }
  await perform(stream, { type: 'time', ms: 10_000 });
  const unanswered = stream.reads.length;
  end(stream);
  expect([stream.delivered, unanswered]).toEqual([[8], 0]);
});

test('while the owner does not answer, it is asked at growing intervals, however many events arrive', async () => {
  const stream = givenStream({ holdBackMs: 1, holdBackMax: 1, retryMs: 100, retryMaxMs: 200 }, 10, new Set());
  stream.start(0);
  stream.log.push(...Array.from({ length: 300 }, () => true));
  let asked = 0;
  for (let sequence = 2; sequence <= 300; sequence += 1) {
    stream.receive(sequence);
    await perform(stream, { type: 'time', ms: 1 });
    asked += stream.reads.length;
    await perform(stream, { type: 'answer', fails: true });
  }
  end(stream);
  expect(asked).toBe(2);
});
