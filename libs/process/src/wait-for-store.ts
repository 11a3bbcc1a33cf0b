import { setTimeout as sleep } from 'node:timers/promises';
import { faultFromSql } from '@parley/postgres';
import { type Log, StartError } from '@parley/runtime';

/** A server that a process depends on. */
export interface Store {
  /** Its name for people: NATS, PostgreSQL. */
  readonly name: string;
  /** One attempt to use it: resolves with the problem, or null. */
  check(): Promise<StoreProblem | null>;
}

/** `unreachable` may be temporary, and so may `refused`: in a new installation the role may not exist yet. */
export type StoreProblem =
  | { readonly kind: 'unreachable' | 'refused'; readonly place: string; readonly sentence: string }
  | { readonly kind: 'wrong'; readonly sentence: string };

const pauseMinMs = 100;
const pauseMaxMs = 1_000;

/**
 * Resolves when the store can be used. Logs each distinct problem once while it waits. Rejects with a StartError when waiting would not
 * help, or after `withinMs`; 0 tries once.
 */
export const waitForStore = async ({ name, check }: Store, withinMs: number, log: Log): Promise<void> => {
  const startedAt = performance.now();
  const reported = new Set<string>();
  for (let pauseMs = pauseMinMs; ; pauseMs = Math.min(pauseMs * 2, pauseMaxMs)) {
    const problem = await check();
    const tookMs = Math.round(performance.now() - startedAt);
    if (problem === null) {
      if (reported.size > 0) log.warn({ tookMs }, `${name} answers`);
      return;
    }
    if (problem.kind === 'wrong' || tookMs >= withinMs) throw new StartError(`${problem.sentence}.`);
    if (!reported.has(problem.kind)) log.warn({ withinMs }, waitingText[problem.kind](name, problem.place));
    reported.add(problem.kind);
    await sleep(Math.min(pauseMs, Math.max(0, withinMs - tookMs)));
  }
};

/**
 * The error of a start that failed. If a store was lost meanwhile and still has a problem, it is a StartError that names the store, as if
 * it had never answered.
 */
export const nameLostStore = async (error: unknown, stores: readonly Store[]): Promise<unknown> => {
  const errors = error instanceof Error ? [error, error.cause] : [];
  if (!errors.some((each) => faultFromSql(each).code === 'unavailable')) return error;
  for (const { check } of stores) {
    const problem = await check();
    if (problem !== null) return new StartError(`${problem.sentence}.`);
  }
  return error;
};

const waitingText = {
  unreachable: (name: string, place: string): string => `Waiting for ${name} at ${place}`,
  refused: (name: string, place: string): string =>
    `Waiting for ${name} at ${place} to accept the user and the password: the job that makes the roles may not have ended`,
};
