// Kills processes with SIGKILL, one after the other, and starts each again a little later.
import { setTimeout as sleep } from 'node:timers/promises';
import { type Random, shuffled } from '../proof/random.js';

const startsMax = 5;

/** A process, server or container. */
export interface Target {
  kill(signal: 'SIGKILL'): Promise<unknown>;
  start(): Promise<unknown>;
}

type Range = readonly [from: number, to: number];

interface KillingOptions {
  readonly random: Random;
  /** Pause between two kills. */
  readonly everyMs?: Range;
  /** From the kill to the start. */
  readonly downMs?: Range;
}

export interface Killing {
  readonly kills: ReadonlyMap<string, number>;
  readonly faults: readonly string[];
  /** What happened to the targets, and when (`performance.now()`). */
  readonly events: readonly { readonly at: number; readonly what: string }[];
  readonly startFailures: number;
  readonly slowestReturnMs: number;
  /** Ends the killing and resolves when everything runs again. */
  stop(): Promise<void>;
}

/** Every target once per round, in an order that the seed decides. A target that still starts is left for the next round. */
export const startKilling = (
  targets: ReadonlyMap<string, Target>,
  { random, everyMs = [1_000, 2_000], downMs = [300, 1_000] }: KillingOptions,
): Killing => {
  const kills = new Map([...targets.keys()].map((name) => [name, 0]));
  const returning = new Map<string, Promise<void>>();
  const within = ([from, to]: Range): number => from + random() * (to - from);
  const faults: string[] = [];
  const events: { at: number; what: string }[] = [];
  const note = (what: string): void => void events.push({ at: performance.now(), what });
  let startFailures = 0;
  let slowestReturnMs = 0;
  const stopping = new AbortController();

  const restart = async (name: string, target: Target, afterMs: number): Promise<void> => {
    await sleep(afterMs);
    const began = performance.now();
    for (let attempt = 1; ; attempt += 1) {
      try {
        note(`${name} starts`);
        await target.start();
        note(`${name} is back`);
        slowestReturnMs = Math.max(slowestReturnMs, performance.now() - began);
        return;
      } catch (error) {
        // A process may end when what it needs to start is killed meanwhile; a supervisor would start it again.
        startFailures += 1;
        if (attempt < startsMax) continue;
        faults.push(`${name} does not start: ${String(error)}`);
        return;
      }
    }
  };

  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      for (const [name, target] of shuffled([...targets], random)) {
        await sleep(within(everyMs), undefined, { signal: stopping.signal });
        if (returning.has(name)) continue;
        kills.set(name, (kills.get(name) ?? 0) + 1);
        note(`${name} is killed`);
        await target.kill('SIGKILL');
        const back = restart(name, target, within(downMs)).finally(() => returning.delete(name));
        returning.set(name, back);
      }
    }
  };
  const running = run().catch((error: unknown) => {
    if (!stopping.signal.aborted) faults.push(String(error));
  });

  return {
    kills,
    faults,
    events,
    get startFailures() {
      return startFailures;
    },
    get slowestReturnMs() {
      return slowestReturnMs;
    },
    stop: async () => {
      stopping.abort();
      await running;
      await Promise.all(returning.values());
    },
  };
};
