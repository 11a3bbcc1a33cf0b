import { unexpected } from './answer.js';
import type { Backoff } from './backoff.js';
import { errorOfClose, extraDelayMs, isFinalClose } from './close-codes.js';
import type { Ended } from './close-codes.js';
import { Connection } from './connection.js';
import type { Gateways } from './gateways.js';
import { ParleyError, isParleyError, isRetryable } from './parley-error.js';
import type { SessionTokens } from './session-tokens.js';
import type { SocketConstructor } from './socket-like.js';
import type { ClientState } from './types.js';
import { closed } from './until-open.js';

export interface ReconnectingConnectionOptions {
  readonly gateways: Gateways;
  readonly socket: () => Promise<SocketConstructor>;
  readonly tokens: SessionTokens;
  readonly backoff: Backoff;
  readonly requestTimeoutMs: number;
  readonly pingAfterMs: number;
  readonly onNotification: (method: string, params: Record<string, unknown>) => void;
  readonly traceparent?: (() => string | undefined) | undefined;
  /** Runs on every new connection before it counts as open. */
  readonly onConnected: () => Promise<void>;
  readonly onRenewed: () => void;
  readonly onState: (state: ClientState) => void;
}

const timerMax = 2 ** 31 - 1;

/** What follows an attempt: the final error, or the next attempt after a delay. */
type Next = ParleyError | { readonly waitMs: number; readonly cause: string };

const retryAfterMsOf = (error: unknown): number => (isParleyError(error) ? (error.retryAfterMs ?? 0) : 0);

/** Keeps one connection open: connects, authenticates, refreshes its token, and reconnects whenever it ends. */
export class ReconnectingConnection {
  #connection: Connection | null = null;
  readonly #stopping = new AbortController();
  #over: ParleyError | null = null;
  readonly #waiters: { resolve: () => void; reject: (error: ParleyError) => void }[] = [];
  /** The token that the connection is authenticated with. */
  #accessToken = '';
  #goawayAt: number | null = null;
  #wake: () => void = () => {};
  #renewal: ReturnType<typeof setTimeout> | undefined;
  #goaway: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly options: ReconnectingConnectionOptions) {}

  get #isStopped(): boolean {
    return this.#stopping.signal.aborted;
  }

  get connection(): Connection | null {
    return this.#connection;
  }

  /** Resolves when there is a connection for requests; rejects when there will be none. */
  whenConnected(): Promise<void> {
    if (this.#connection) return Promise.resolve();
    if (this.#over) return Promise.reject(this.#over);
    return new Promise((resolve, reject) => this.#waiters.push({ resolve, reject }));
  }

  /** Runs until `stop`, or until retrying cannot help; resolves with the reason (null after `stop`). */
  async run(): Promise<ParleyError | null> {
    const error = await this.#run();
    this.#over = error ?? closed();
    for (const { reject } of this.#waiters.splice(0)) reject(this.#over);
    return error;
  }

  async #run(): Promise<ParleyError | null> {
    while (!this.#isStopped) {
      this.options.onState({ name: 'connecting' });
      const next = await this.#once().catch((error: unknown) => this.#afterError(error, retryAfterMsOf(error)));
      if (this.#isStopped) break;
      if (next instanceof ParleyError) return next;
      this.options.onState({ name: 'waiting', retryInMs: next.waitMs, cause: next.cause });
      await this.#sleep(next.waitMs);
    }
    return null;
  }

  stop(): void {
    this.#stopping.abort();
    this.#wake();
  }

  async #once(): Promise<Next> {
    const { tokens, gateways } = this.options;
    const accessToken = await tokens.access();
    const socket = await this.options.socket();
    if (this.#isStopped) return { waitMs: 0, cause: 'closed' };
    const gateway = gateways.current;
    try {
      const ended = await this.#live(gateway, socket, accessToken);
      gateways.leave(gateway);
      return this.#afterEnd(ended);
    } catch (error) {
      gateways.postpone(gateway, retryAfterMsOf(error));
      gateways.leave(gateway);
      return this.#afterError(error, gateways.waitMs);
    }
  }

  async #live(gateway: string, socket: SocketConstructor, accessToken: string): Promise<Ended> {
    const { tokens, requestTimeoutMs, pingAfterMs, traceparent } = this.options;
    const url = `${gateway.replace(/^http/, 'ws')}/v1/socket`;
    const onNotification = (method: string, params: Record<string, unknown>) => this.#notified(method, params);
    const connection = await Connection.open({
      url,
      socket,
      requestTimeoutMs,
      pingAfterMs,
      onNotification,
      traceparent,
      signal: this.#stopping.signal,
    });
    try {
      this.#accessToken = accessToken;
      await this.#enter(connection, accessToken);
      const ended = await connection.ended;
      if (ended.code === 4401) tokens.refuse(this.#accessToken, connection.refusalOf(ended) ?? undefined);
      return ended;
    } finally {
      connection.abandon();
      this.#connection = null;
      clearTimeout(this.#renewal);
      clearTimeout(this.#goaway);
    }
  }

  async #enter(connection: Connection, accessToken: string): Promise<void> {
    this.#goawayAt = null;
    await this.#authenticate(connection, accessToken);
    this.options.tokens.accept(accessToken);
    this.#planRenewal(connection);
    if (this.#isStopped) return;
    this.#connection = connection;
    for (const { resolve } of this.#waiters.splice(0)) resolve();
    await this.options.onConnected();
    this.options.backoff.reset();
    if (!connection.isOver) this.options.onState({ name: 'open' });
  }

  async #authenticate(connection: Connection, accessToken: string): Promise<void> {
    try {
      const { accountId } = await connection.request('session.authenticate', { accessToken });
      if (typeof accountId !== 'string') throw unexpected('socket');
    } catch (error) {
      // A gateway of an earlier release refuses without a request id, and closes.
      const refusal = (connection.isOver && connection.refusalOf(await connection.ended)) || error;
      if (!isParleyError(refusal) || refusal.code !== 'unauthenticated') throw refusal;
      this.options.tokens.refuse(accessToken, refusal);
      throw new TokenRefused(refusal);
    }
  }

  #notified(method: string, params: Record<string, unknown>): void {
    if (method === 'session.goaway') this.#leave(params['reconnectAfterMs']);
    else this.options.onNotification(method, params);
  }

  /** The server gives each of its clients its own delay, so that they do not all reconnect at once. */
  #leave(reconnectAfterMs: unknown): void {
    const waitMs = typeof reconnectAfterMs === 'number' ? Math.max(0, reconnectAfterMs) : this.options.backoff.next();
    this.#goawayAt = performance.now() + waitMs;
    clearTimeout(this.#goaway);
    this.#goaway = setTimeout(() => this.#connection?.abandon(1012, 'goaway'), Math.min(waitMs, timerMax));
  }

  #planRenewal(connection: Connection): void {
    const { leftMs } = this.options.tokens;
    // A token without an expiry time is used until the server closes the connection.
    if (leftMs === Infinity) return;
    const waitMs = Math.min(Math.max(500, leftMs - Math.min(60_000, leftMs / 4)), timerMax);
    this.#renewal = setTimeout(() => void this.#renew(connection), waitMs);
  }

  async #renew(connection: Connection): Promise<void> {
    try {
      const { accessToken } = await this.options.tokens.renew();
      if (connection.isOver) return;
      await connection.request('session.refresh', { accessToken });
      this.#accessToken = accessToken;
      this.options.tokens.accept(accessToken);
      this.#planRenewal(connection);
      this.options.onRenewed();
    } catch (error) {
      if (connection.isOver) return;
      // When the session has ended for good, the server closes the socket when the token expires.
      if (isRetryable(error)) {
        const waitMs = 2_000 + retryAfterMsOf(error);
        this.#renewal = setTimeout(() => void this.#renew(connection), waitMs);
      } else if (!isParleyError(error)) throw error;
    }
  }

  #afterEnd(ended: Ended): Next {
    const { code, reason } = ended;
    if (isFinalClose(ended)) return errorOfClose(ended) ?? unexpected('socket');
    const cause = reason === '' ? `closed ${code}` : `closed ${code} ${reason}`;
    if (this.#goawayAt !== null) return { waitMs: Math.max(0, this.#goawayAt - performance.now()), cause };
    return { waitMs: this.options.backoff.next() + extraDelayMs(ended), cause };
  }

  /** `pauseMs`: how long the next gateway asks to wait. */
  #afterError(error: unknown, pauseMs: number): Next {
    if (!isParleyError(error))
      return new ParleyError('internal', 'client_failed', 'The client failed', { cause: error });
    // Tokens are renewed once, so this does not loop: the next attempt has other tokens or rejects.
    if (error instanceof TokenRefused) return { waitMs: 0, cause: error.reason };
    if (!isRetryable(error)) return error;
    return { waitMs: Math.ceil(pauseMs) + this.options.backoff.next(), cause: error.reason };
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, Math.min(ms, timerMax));
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

/** The access token was refused on a new connection. */
class TokenRefused extends ParleyError {
  constructor({ code, reason, message }: ParleyError) {
    super(code, reason, message);
  }
}
