import { type Deadline, atDeadline, deadlineIn } from '@parley/contracts';
import type { Knex } from 'knex';
import pg from 'pg';
import { callerDeadline, isTooLate, tooLate } from './caller-deadline.js';

/** The parts of knex's client and tarn's pool that this file uses; knex does not type them. */
export interface KnexClient {
  driver: object;
  readonly pool: Pool | undefined;
  readonly logger: { warn(message: string): void };
  acquireConnection(): Promise<unknown>;
  /** Rejects with `deadline_exceeded` from the deadline on. */
  acquireBefore(deadline: Deadline | undefined): Promise<unknown>;
  releaseConnection(connection: unknown): Promise<void>;
}
export interface Pool {
  acquireTimeoutMillis: number;
  acquire(): { readonly promise: Promise<unknown>; reject(error: Error): void };
}

/** The maximum delay of a timer of Node. */
const timerMsMax = 2 ** 31 - 1;

/**
 * Makes the timeouts of this pool and of its connections read arrived data before they decide: a process that was stopped for seconds has
 * the answers in its sockets when its timers fire. A call whose caller no longer waits acquires no connection.
 */
export const readBeforeTimeouts = (knex: Knex): void => {
  const client = knex.client as KnexClient;
  client.driver = { ...client.driver, Client: ReadFirstClient };
  if (client.pool === undefined) return;
  const waitMs = client.pool.acquireTimeoutMillis;
  client.pool.acquireTimeoutMillis = timerMsMax;
  client.acquireBefore = async (deadline) => {
    if (isTooLate(deadline)) throw tooLate();
    const connection = await acquire(client, waitMs, deadline);
    if (!isTooLate(deadline)) return connection;
    await client.releaseConnection(connection);
    throw tooLate();
  };
  client.acquireConnection = () => client.acquireBefore(callerDeadline());
};

const acquire = async ({ pool, logger }: KnexClient, waitMs: number, deadline = Infinity): Promise<unknown> => {
  if (pool === undefined) throw new Error('Unable to acquire a connection: the pool is closed');
  const waiting = pool.acquire();
  const waitEnd = deadlineIn(waitMs);
  const cancel = atDeadline(Math.min(waitEnd, deadline), () => waiting.reject(waitEnd < deadline ? full() : tooLate()));
  const full = (): Error => {
    const error = new Error(`Unable to acquire a connection within ${waitMs} ms: all are in use`);
    logger.warn(error.message);
    return error;
  };
  try {
    return await waiting.promise;
  } finally {
    cancel();
  }
};

type Done = (error: Error | null, result?: unknown) => void;

/** pg's own timers decide before the event loop has read the sockets, so they are disabled. */
class ReadFirstClient extends pg.Client {
  private readonly connectMs: number;

  constructor({ connectionTimeoutMillis = 0, query_timeout: answerMs = 0, ...config }: pg.ClientConfig) {
    super(config);
    this.connectMs = connectionTimeoutMillis;
    if (answerMs > 0) limitAnswers(this, answerMs);
  }

  override async connect(): Promise<this> {
    const cancel = this.connectMs > 0 ? atDeadline(deadlineIn(this.connectMs), () => this.giveUp()) : undefined;
    try {
      await super.connect();
      return this;
    } finally {
      cancel?.();
    }
  }

  private giveUp(): void {
    this.connection.stream.destroy(new Error('timeout expired'));
  }
}

/**
 * knex passes each query a callback as its last argument. A connection whose query timed out is closed: its server has become unreachable, and
 * pg would wait for the answers to all that was sent before it ends a connection.
 */
const limitAnswers = (client: pg.Client, answerMs: number): void => {
  const query = client.query.bind(client) as (...parameters: unknown[]) => unknown;
  const close = (): void => void client.connection.stream.destroy();
  const limited = (...parameters: unknown[]): unknown => {
    const done = parameters.pop() as Done;
    return query(...parameters, onceWithin(deadlineIn(answerMs), done, close));
  };
  client.query = limited as typeof client.query;
};

const onceWithin = (deadline: Deadline, done: Done, close: () => void): Done => {
  let isDone = false;
  const cancel = atDeadline(deadline, () => {
    isDone = true;
    // connect.ts recognizes a connection that must not be used again by this message.
    done(new Error('Query read timeout'));
    close();
  });
  return (error, result) => {
    cancel();
    if (!isDone) done(error, result);
  };
};
