import type { Knex } from 'knex';
import type pg from 'pg';

/** The part of knex's client for PostgreSQL that opens connections; knex does not type it. */
interface KnexClient {
  connectionSettings: object;
  acquireRawConnection(): Promise<pg.Client>;
}

/** A server that takes no writes: after a failover it may become the primary, so that the attempt is worth repeating. */
class NoPrimary extends Error {
  /** Of PostgreSQL: a statement that writes was refused by a standby. */
  readonly code = '25006';
  override readonly name = 'NoPrimary';
}

/** Whether the server that this connection leads to takes no writes. With a callback, as the connections of a pool want (read-first.ts). */
export const isStandby = (connection: Pick<pg.Client, 'query'>): Promise<boolean> =>
  new Promise((resolve, reject) => {
    connection.query<{ transaction_read_only: string }>('show transaction_read_only', [], (error, result) => {
      if (error) reject(error);
      else resolve(result.rows[0]?.transaction_read_only === 'on');
    });
  });

/**
 * `hosts`: the settings of a connection to each. Makes the pool open each new connection on the host that takes writes: first the one that did so last, then the others in their order.
 * Rejects with the error of the last host when none does.
 */
export const connectToPrimary = (knex: Knex, hosts: readonly object[]): void => {
  const client = knex.client as KnexClient;
  const open = client.acquireRawConnection.bind(client);
  let current = 0;

  const openOn = async (settings: object): Promise<pg.Client> => {
    // It is read before the first pause of `open`, so that concurrent attempts do not disturb each other.
    client.connectionSettings = settings;
    const connection = await open();
    const standby = await isStandby(connection).catch((error: unknown) => {
      connection.end().catch(() => undefined);
      throw error;
    });
    if (!standby) return connection;
    connection.end().catch(() => undefined);
    throw new NoPrimary('The server takes no writes: it is a standby');
  };

  client.acquireRawConnection = async () => {
    const first = current;
    let failure: unknown;
    for (let tried = 0; tried < hosts.length; tried += 1) {
      const host = (first + tried) % hosts.length;
      try {
        const connection = await openOn(hosts[host] ?? {});
        current = host;
        return connection;
      } catch (error) {
        failure = error;
      }
    }
    throw failure;
  };
};
