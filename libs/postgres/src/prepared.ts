import type { Deadline } from '@parley/contracts';
import type { CustomTypesConfig } from 'pg';
import { isTooLate, tooLate } from './caller-deadline.js';
import type { Database } from './connect.js';
import { faultFromSql } from './faults.js';
import type { KnexClient } from './read-first.js';
import { named } from './span.js';

/** A statement that each connection of the pool parses and plans once. `text` numbers its parameters: `$1`, `$2`, … */
export interface Prepared {
  readonly name: string;
  readonly text: string;
}

/** A statement with its parameters, and how its columns are parsed if not as usual. */
export interface Bound extends Prepared {
  readonly values: readonly unknown[];
  readonly types?: CustomTypesConfig;
}

interface PooledConnection {
  readonly __knexUid: string;
  query<Row>(statement: Bound, done: (error: Error | null, result: { readonly rows: Row[] }) => void): void;
}

/**
 * Runs one statement outside a transaction for callers of whom the last waits until `deadline`: past knex, whose builder and runner cost more
 * than a statement that is written already, and with a deadline that needs no async context. `operation` names it for metrics and spans.
 * Rejects with a Fault and nothing else.
 */
export const runPrepared = <Row>(
  database: Database,
  operation: string,
  statement: Bound,
  deadline?: Deadline,
): Promise<Row[]> => new Pipeline(database).run<Row>(operation, statement, deadline);

/** A connection of the pool while statements run on it. */
interface Lent {
  readonly connection: Promise<PooledConnection>;
  statements: number;
}

/**
 * Runs statements as `runPrepared` does, all those in flight on one connection: each is sent while PostgreSQL runs the one before it, begins
 * when that one ends, in the order of these calls, and is a transaction of its own. After one that failed, later ones have another connection.
 */
export class Pipeline {
  private lent: Lent | null = null;

  constructor(private readonly database: Database) {}

  run<Row>(operation: string, statement: Bound, deadline?: Deadline): Promise<Row[]> {
    return named(this.database, operation, async () => {
      try {
        return await this.runOn<Row>((this.lent ??= this.lend(deadline)), statement, deadline);
      } catch (error) {
        throw faultFromSql(error);
      }
    });
  }

  private lend(deadline: Deadline | undefined): Lent {
    return { connection: acquire(this.client(), deadline), statements: 0 };
  }

  private async runOn<Row>(lent: Lent, statement: Bound, deadline: Deadline | undefined): Promise<Row[]> {
    lent.statements += 1;
    try {
      const connection = await lent.connection;
      // It may have been acquired for callers who wait longer.
      if (isTooLate(deadline)) throw tooLate();
      return await rowsOf<Row>(connection, statement).catch((error: unknown) => {
        // As knex reports it to connect.ts, which takes broken connections out of the pool.
        this.database.knex.emit('query-error', error, { __knexUid: connection.__knexUid });
        throw error;
      });
    } catch (error) {
      this.forget(lent);
      throw error;
    } finally {
      lent.statements -= 1;
      if (lent.statements === 0) await this.giveBack(lent);
    }
  }

  private async giveBack(lent: Lent): Promise<void> {
    this.forget(lent);
    // Each of its statements was rejected with the error already.
    const connection = await lent.connection.catch(() => null);
    if (connection) await this.client().releaseConnection(connection);
  }

  private forget(lent: Lent): void {
    if (this.lent === lent) this.lent = null;
  }

  private client(): KnexClient {
    return this.database.knex.client as KnexClient;
  }
}

/** A transaction has its connection already, and no `acquireBefore`. */
const acquire = (
  client: Partial<KnexClient> & Pick<KnexClient, 'acquireConnection'>,
  deadline: Deadline | undefined,
): Promise<PooledConnection> =>
  (client.acquireBefore?.(deadline) ?? client.acquireConnection()) as Promise<PooledConnection>;

const rowsOf = <Row>(connection: PooledConnection, statement: Bound) =>
  new Promise<Row[]>((resolve, reject) => {
    connection.query<Row>(statement, (error, result) => (error ? reject(error) : resolve(result.rows)));
  });
