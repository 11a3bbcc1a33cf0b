// Kills what it is given with SIGKILL, one after the other, and starts each again a little later.
import { setTimeout as sleep } from 'node:timers/promises';
import { shuffled } from '../proof/random.js';

const startsMax = 5;

/**
 * Every target once per round, in an order that the seed decides. A target that still starts is left for the next round.
 * `stop` ends the killing and resolves when everything runs again.
 */
export const startKilling = (targets, { random, everyMs = [1_000, 2_000], downMs = [300, 1_000] }) => {
  const kills = new Map([...targets.keys()].map((name) => [name, 0]));
  const returning = new Map();
  const within = ([from, to]) => from + random() * (to - from);
  const faults = [];
  const events = [];
  const note = (what) => events.push({ at: performance.now(), what });
  let startFailures = 0;
  let slowestReturnMs = 0;
  const stopping = new AbortController();

  const bringBack = async (name, target, afterMs) => {
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
        // A process may end when what it needs to start is killed meanwhile; whoever keeps it running starts it again.
        startFailures += 1;
        if (attempt < startsMax) continue;
        faults.push(`${name} does not start: ${error.message}`);
        return;
      }
    }
  };

  const run = async () => {
    while (!stopping.signal.aborted) {
      for (const name of shuffled([...targets.keys()], random)) {
        await sleep(within(everyMs), undefined, { signal: stopping.signal });
        if (returning.has(name)) continue;
        const target = targets.get(name);
        kills.set(name, kills.get(name) + 1);
        returning.set(name, null);
        note(`${name} is killed`);
        await target.kill('SIGKILL');
        const back = bringBack(name, target, within(downMs)).finally(() => returning.delete(name));
        returning.set(name, back);
      }
    }
  };
  const running = run().catch((error) => {
    if (error.name !== 'AbortError') faults.push(String(error));
  });

  return {
    kills,
    faults,
    /** What happened to the targets, and when (`performance.now()`). */
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
