import type { Deadline } from '@parley/contracts';
import type { Database } from './connect.js';
import { faultFromSql } from './faults.js';
import type { KnexClient } from './read-first.js';
import { named } from './span.js';

/** A statement that each connection of the pool parses and plans once. `text` numbers its parameters: `$1`, `$2`, … */
export interface Prepared {
  readonly name: string;
  readonly text: string;
}

interface PooledConnection {
  readonly __knexUid: string;
  query<Row>(
    statement: Prepared & { readonly values: readonly unknown[] },
    done: (error: Error | null, result: { readonly rows: Row[] }) => void,
  ): void;
}

/**
 * Runs one statement outside a transaction for callers of whom the last waits until `deadline`: past knex, whose builder and runner cost more
 * than a statement that is written already, and with a deadline that needs no async context. `operation` names it for metrics and spans.
 * Rejects with a Fault and nothing else.
 */
export const runPrepared = <Row>(
  database: Database,
  operation: string,
  statement: Prepared & { readonly values: readonly unknown[] },
  deadline?: Deadline,
): Promise<Row[]> =>
  named(database, operation, async () => {
    const client = database.knex.client as KnexClient;
    try {
      const connection = (await acquire(client, deadline)) as PooledConnection;
      try {
        return await rowsOf<Row>(connection, statement);
      } catch (error) {
        // As knex reports it to connect.ts, which takes broken connections out of the pool.
        database.knex.emit('query-error', error, { __knexUid: connection.__knexUid });
        throw error;
      } finally {
        await client.releaseConnection(connection);
      }
    } catch (error) {
      throw faultFromSql(error);
    }
  });

/** A transaction has its connection already. */
const acquire = (client: Partial<KnexClient> & Pick<KnexClient, 'acquireConnection'>, deadline: Deadline | undefined) =>
  client.acquireBefore?.(deadline) ?? client.acquireConnection();

const rowsOf = <Row>(connection: PooledConnection, statement: Parameters<PooledConnection['query']>[0]) =>
  new Promise<Row[]>((resolve, reject) => {
    connection.query<Row>(statement, (error, result) => (error ? reject(error) : resolve(result.rows)));
  });
