import { setTimeout as sleep } from 'node:timers/promises';
import { type Log, StartError } from '@parley/runtime';

/** What a process cannot work without. */
export interface Store {
  /** As people call it: NATS, PostgreSQL. */
  readonly name: string;
  /** One attempt: what is in the way, or null. */
  check(): Promise<StoreProblem | null>;
}

/** `unreachable` may pass by waiting, and so may `refused`: of a new installation the role may not exist yet. */
export type StoreProblem =
  | { readonly kind: 'unreachable' | 'refused'; readonly place: string; readonly sentence: string }
  | { readonly kind: 'wrong'; readonly sentence: string };

const pauseMinMs = 100;
const pauseMaxMs = 1_000;

/**
 * Resolves when the store can be used. Says once what it waits for, and once more when that becomes another thing. Rejects with a StartError when waiting would not help, or when
 * `withinMs` is over; 0 tries once.
 */
export const waitForStore = async ({ name, check }: Store, withinMs: number, log: Log): Promise<void> => {
  const startedAt = performance.now();
  const said = new Set<string>();
  for (let pauseMs = pauseMinMs; ; pauseMs = Math.min(pauseMs * 2, pauseMaxMs)) {
    const problem = await check();
    const tookMs = Math.round(performance.now() - startedAt);
    if (problem === null) {
      if (said.size > 0) log.warn({ tookMs }, `${name} answers`);
      return;
    }
    if (problem.kind === 'wrong' || tookMs >= withinMs) throw new StartError(`${problem.sentence}.`);
    if (!said.has(problem.kind)) log.warn({ withinMs }, waitingText[problem.kind](name, problem.place));
    said.add(problem.kind);
    await sleep(Math.min(pauseMs, Math.max(0, withinMs - tookMs)));
  }
};

const waitingText = {
  unreachable: (name: string, place: string): string => `Waiting for ${name} at ${place}`,
  refused: (name: string, place: string): string =>
    `Waiting for ${name} at ${place} to accept the user and the password: the job that makes the roles may not have ended`,
};
