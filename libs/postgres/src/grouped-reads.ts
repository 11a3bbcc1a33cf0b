import { AsyncResource } from 'node:async_hooks';
import { ROOT_CONTEXT, context } from '@opentelemetry/api';
import { type Deadline, Fault } from '@parley/contracts';
import { callerDeadline, withCallerDeadline } from './caller-deadline.js';

interface Options<Key, Found> {
  /** One statement for all keys, of whose callers the last waits until `deadline`; resolves with what it found for each, in their order. */
  readonly read: (keys: readonly Key[], deadline: Deadline) => Promise<readonly Found[]>;
  /** Keys of one statement. Default: 500. */
  readonly groupMax?: number;
  /** Statements in flight. Default: 2. */
  readonly inFlightMax?: number;
  /** Keys that may wait; further ones are refused with `unavailable` `overloaded`. Default: 20,000. */
  readonly waitingMax?: number;
}

interface Asked<Key, Found> {
  readonly key: Key;
  readonly deadline: number;
  /** The async context of the caller, so that the statement of a group belongs to the trace of its first member. */
  readonly asked: AsyncResource;
  readonly resolve: (found: Found) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Reads by key in groups: a read starts at once while fewer statements than `inFlightMax` are in flight, and the reads that come meanwhile
 * share the next one. A crowd of callers then takes a few database connections, and does not queue for all of them. Every statement starts
 * after its reads were asked for, so each caller sees what was committed before. Rejects with what `read` rejects with.
 *
 * The deadline of a key is that of the call that is being served, or one that is passed: by a frequent operation, which has no async context.
 * A `read` for such callers passes its deadline on.
 */
export const groupedReads = <Key, Found>({
  read,
  groupMax = 500,
  inFlightMax = 2,
  waitingMax = 20_000,
}: Options<Key, Found>): ((key: Key, deadline?: Deadline) => Promise<Found>) => {
  let waiting: Asked<Key, Found>[] = [];
  let inFlight = 0;

  const readGroup = async (group: readonly Asked<Key, Found>[]): Promise<void> => {
    const lastDeadline = Math.max(...group.map(({ deadline }) => deadline));
    const readAll = (): Promise<readonly Found[]> =>
      read(
        group.map(({ key }) => key),
        lastDeadline,
      );
    try {
      const isBare = context.active() === ROOT_CONTEXT;
      const found = await (isBare ? readAll() : withCallerDeadline(lastDeadline, readAll));
      if (found.length !== group.length) throw new Error(`A group of ${group.length} reads answered ${found.length}`);
      group.forEach(({ resolve }, index) => resolve(found[index] as Found));
    } catch (error) {
      for (const { reject } of group) reject(error);
    }
  };
  const run = async (): Promise<void> => {
    inFlight += 1;
    // The callers of one turn of the event loop share a statement from the first on.
    await new Promise(setImmediate);
    for (let first = waiting[0]; first !== undefined; first = waiting[0]) {
      const group = waiting.slice(0, groupMax);
      waiting = waiting.slice(groupMax);
      await first.asked.runInAsyncScope(readGroup, null, group);
    }
    inFlight -= 1;
  };

  return (key, deadline = callerDeadline() ?? Infinity) => {
    if (waiting.length >= waitingMax)
      return Promise.reject(
        new Fault('unavailable', 'overloaded', 'Too much at once; try again', { retryAfterMs: 500 }),
      );
    return new Promise((resolve, reject) => {
      waiting.push({ key, deadline, asked: new AsyncResource('GroupedRead'), resolve, reject });
      if (inFlight < inFlightMax && waiting.length === 1) void run();
    });
  };
};
