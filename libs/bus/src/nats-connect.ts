import { setTimeout as sleep } from 'node:timers/promises';
import { Events, type NatsConnection, connect } from 'nats';
import type { BusLog, BusMeter } from './bus.js';
import { type Connection, createConnection } from './connection.js';
import { ignoreAbandoned } from './nats-abandoned.js';
import { NatsConnectError, natsProblem } from './nats-problem.js';
import { natsServers } from './nats-servers.js';
import { type NatsTlsFiles, natsTls } from './nats-tls.js';

/** How a process connects to NATS. */
export interface NatsOptions {
  /** `NATS_URL`: one server or several of a cluster, separated by commas, each with or without user and password. */
  readonly servers: string;
  /** Name of the connection; also the part of the inbox subject that a user of this name may subscribe to (`inboxPrefix`). */
  readonly name: string;
  /** Receives what an operator should know: lost connections, refused subjects, calls that failed on this side. */
  readonly log: BusLog;
  /** Receives the duration and outcome of every call. Default: nothing is measured. */
  readonly meter?: BusMeter;
  /** With these files, or with a URL that begins with `tls:`, a server without TLS is refused. Default: no TLS, unless the URL says so. */
  readonly tls?: NatsTlsFiles | undefined;
}

const firstConnectionMs = 10_000;
const dialMs = 2000;
const waitMinMs = 100;
const waitSpreadMs = 400;

/** Jittered, so that not all clients reconnect to a restarted server at once. `settleMs` in call-with-retry.ts is longer than this. */
const reconnectWaitMs = (): number => waitMinMs + Math.random() * waitSpreadMs;

const dial = ({ servers, name, tls }: NatsOptions): Promise<NatsConnection> => {
  const tlsOptions = natsTls(servers, tls);
  return connect({
    ...natsServers(servers),
    ...(tlsOptions && { tls: tlsOptions }),
    name,
    timeout: dialMs,
    reconnect: true,
    maxReconnectAttempts: -1,
    reconnectDelayHandler: reconnectWaitMs,
    // A restarted server may lack its users for a moment, which must not end the process: reconnecting never stops.
    ignoreAuthErrorAbort: true,
    // A server that is frozen answers nothing: noticed after 6 to 9 s.
    pingInterval: 3_000,
    maxPingOut: 2,
    noEcho: false,
    // A stack per request costs more than the request, and a Fault names the operation anyway.
    noAsyncTraces: true,
  });
};

/**
 * Retries until a server accepts the connection or `withinMs` has passed; then rejects with a NatsConnectError about the last attempt.
 * Rejects at once when further attempts would fail in the same way.
 */
export const dialPatiently = async (options: NatsOptions, withinMs = firstConnectionMs): Promise<NatsConnection> => {
  const end = performance.now() + withinMs;
  for (;;) {
    try {
      const connection = await dial(options);
      ignoreAbandoned(connection);
      return connection;
    } catch (error) {
      const waitMs = reconnectWaitMs();
      const { servers, tls } = options;
      const { kind, sentence } = natsProblem(error, servers, natsTls(servers, tls) !== undefined);
      if (kind === 'wrong' || performance.now() + waitMs >= end)
        throw new NatsConnectError(`${sentence}.`, { cause: error });
      await sleep(waitMs);
    }
  }
};

/** An operation that the server denied for lack of a permission. */
export interface Denied {
  readonly operation: string;
  readonly subject: string;
}

/** Follows the status of the client: its `request` would hang while it is disconnected, so the status must be known. */
export const watch = (nc: NatsConnection, log: BusLog, onDenied: (denied: Denied) => void): Connection => {
  const connection = createConnection(log);
  const follow = async (): Promise<void> => {
    for await (const { type, data, permissionContext } of nc.status()) {
      if (type === Events.Disconnect) {
        // Once per outage: the client also reports attempts that fail after the server has answered.
        if (connection.connected) log.warn({ server: data }, 'The connection to NATS is down');
        connection.set(false);
      } else if (type === Events.Reconnect) {
        log.warn({ server: data }, 'The connection to NATS is back');
        connection.set(true);
      } else if (type === Events.Error && permissionContext) {
        const { operation, subject } = permissionContext;
        log.error({ operation, subject }, 'NATS refused what this user of the bus may not do');
        onDenied({ operation, subject });
      } else if (type === Events.Error) {
        // A slow consumer is reported as one of these, just before the server closes the connection.
        log.error({ what: data }, 'NATS reported an error');
      }
    }
  };
  const closed = async (): Promise<void> => {
    const error = await nc.closed();
    connection.set(false);
    if (error) log.error({ err: error }, 'The connection to NATS was closed for good');
  };
  const failed = (error: unknown): void => log.error({ err: error }, 'Watching the connection to NATS failed');
  follow().catch(failed);
  closed().catch(failed);
  return connection;
};
