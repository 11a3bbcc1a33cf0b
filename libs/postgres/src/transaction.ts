import { setTimeout as sleep } from 'node:timers/promises';
import type { Knex } from 'knex';
import type { Database } from './connect.js';
import { type FaultsByConstraint, faultFromSql, isWorthRepeating } from './faults.js';
import { named } from './span.js';

const repeatsMax = 3;

/**
 * Runs `work` in one transaction: committed when it resolves, rolled back when it rejects. After a serialization failure or a deadlock
 * `work` runs again, so it must do nothing but SQL. Rejects with a Fault and nothing else.
 */
export const transact = <T>(
  database: Database,
  name: string,
  work: (tx: Knex.Transaction) => Promise<T>,
  byConstraint?: FaultsByConstraint,
): Promise<T> => named(database, name, () => repeatedly(() => database.knex.transaction(work), byConstraint));

/**
 * Runs one statement that changes rows, and is a transaction by itself; `work` must await nothing else. Repeats it as `transact` does, without its
 * round trips for `begin` and `commit`. Rejects with a Fault and nothing else.
 */
export const execute = <T>(
  database: Database,
  name: string,
  work: (knex: Knex) => Promise<T>,
  byConstraint?: FaultsByConstraint,
): Promise<T> => named(database, name, () => repeatedly(() => work(database.knex), byConstraint));

const repeatedly = async <T>(attempt: () => Promise<T>, byConstraint?: FaultsByConstraint): Promise<T> => {
  for (let repeats = 0; ; repeats += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (repeats === repeatsMax || !isWorthRepeating(error)) throw faultFromSql(error, byConstraint);
      // Random, so that the same two transactions do not collide again.
      await sleep(Math.random() * 20 * 2 ** repeats);
    }
  }
};

/** One named query outside a transaction. Rejects with a Fault and nothing else. */
export const query = <T>(
  database: Database,
  name: string,
  work: (knex: Knex) => Promise<T>,
  byConstraint?: FaultsByConstraint,
): Promise<T> =>
  named(database, name, async () => {
    try {
      return await work(database.knex);
    } catch (error) {
      throw faultFromSql(error, byConstraint);
    }
  });
