import { isObject, parseAnswer } from './answer.js';
import { errorOfClose } from './close-codes.js';
import type { Ended } from './close-codes.js';
import { type ParleyError, errorFrom, unavailable, unreachable } from './parley-error.js';
import type { MethodName, Params, Result } from './protocol.js';
import type { SocketConstructor, SocketLike } from './socket-like.js';
import { onRefusedUpgrade } from './socket.js';

export interface ConnectionOptions {
  readonly url: string;
  readonly socket: SocketConstructor;
  readonly requestTimeoutMs: number;
  /** Milliseconds without a received frame after which the client sends a ping. */
  readonly pingAfterMs: number;
  readonly onNotification: (method: string, params: Record<string, unknown>) => void;
  /** Aborting it closes the connection, also while it is opening. */
  readonly signal?: AbortSignal | undefined;
  /** The W3C `traceparent` of the trace that a request belongs to. */
  readonly traceparent?: (() => string | undefined) | undefined;
}

interface Waiting {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: ParleyError) => void;
  readonly timer: ReturnType<typeof setTimeout>;
}

export const lost = (): ParleyError => unavailable('connection_lost', 'The connection was lost');

/** One socket with its requests in flight. It ends once, and then rejects all pending requests. */
export class Connection {
  /** Resolves when the connection has ended, for any reason. */
  readonly ended: Promise<Ended>;
  #end!: (ended: Ended) => void;
  #isOver = false;
  #nextId = 1;
  #heardAt = performance.now();
  /** The last error that the server sent about the connection as a whole. */
  #complaint: ParleyError | null = null;
  #isPinging = false;
  readonly #waiting = new Map<number, Waiting>();
  readonly #watch: ReturnType<typeof setInterval>;
  readonly #socket: SocketLike;
  readonly #onAbort = (): void => this.abandon(1000, 'closed');

  private constructor(private readonly options: ConnectionOptions) {
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
    this.#socket = new options.socket(options.url);
    this.#socket.onmessage = (event: { data: unknown }) => this.#receive(event.data);
    this.#socket.onclose = (event: { code?: number; reason?: string }) =>
      this.#finish({ code: event.code ?? 1006, reason: event.reason ?? '' });
    // A close event always follows and carries a code, which an error event does not.
    this.#socket.onerror = () => {};
    onRefusedUpgrade(this.#socket, (refusal) => {
      this.#complaint = refusal;
      this.abandon();
    });
    this.#watch = setInterval(() => this.#ping(), Math.max(50, options.pingAfterMs / 2));
    options.signal?.addEventListener('abort', this.#onAbort);
  }

  /**
   * Opens a connection. Rejects with the server's reason when it refused the handshake and the platform shows why, else with `unavailable`
   * `unreachable`.
   */
  static async open(options: ConnectionOptions): Promise<Connection> {
    const connection = new Connection(options);
    let timer: ReturnType<typeof setTimeout> | undefined;
    const opened = new Promise<boolean>((resolve) => {
      connection.#socket.onopen = () => resolve(true);
      timer = setTimeout(() => resolve(false), options.requestTimeoutMs);
      void connection.ended.then(() => resolve(false));
    });
    const isOpen = await opened;
    clearTimeout(timer);
    if (isOpen) return connection;
    connection.abandon();
    throw connection.#complaint ?? unreachable();
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Why the server closed the connection, if it gave a reason: an error about the connection, or a close code of the protocol. */
  refusalOf(ended: Ended): ParleyError | null {
    return this.#complaint ?? errorOfClose(ended);
  }

  request<Name extends MethodName>(method: Name, params: Params<Name>): Promise<Result<Name>> {
    if (this.#isOver) return Promise.reject(lost());
    const id = this.#nextId++;
    return new Promise<Result<Name>>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(id);
        reject(unavailable('no_answer', 'The server did not answer in time'));
      }, this.options.requestTimeoutMs);
      this.#waiting.set(id, { resolve: resolve as (result: unknown) => void, reject, timer });
      const traceparent = this.options.traceparent?.();
      this.#send({ jsonrpc: '2.0', id, method, params, ...(traceparent !== undefined && { traceparent }) });
    });
  }

  /** Sends a notification: a request without a response. */
  notify<Name extends MethodName>(method: Name, params: Params<Name>): void {
    if (!this.#isOver) this.#send({ jsonrpc: '2.0', method, params });
  }

  /** Ends the connection locally, without waiting for the close handshake: the peer may be gone. */
  abandon(code = 1006, reason = ''): void {
    this.#socket.close(1000);
    this.#finish({ code, reason });
  }

  #send(frame: object): void {
    try {
      this.#socket.send(JSON.stringify(frame));
    } catch {
      // The socket is closing: its close event rejects the pending requests.
    }
  }

  #receive(data: unknown): void {
    this.#heardAt = performance.now();
    if (this.#isOver || typeof data !== 'string') return;
    const frame = parseAnswer(data);
    // Unknown frames are ignored: a newer server may send more than this client knows.
    if (!isObject(frame)) return;
    if (typeof frame['method'] === 'string') {
      this.options.onNotification(frame['method'], (frame['params'] ?? {}) as Record<string, unknown>);
    } else if (typeof frame['id'] === 'number') {
      this.#answer(frame['id'], frame);
    } else if (frame['error'] !== undefined) {
      this.#complaint = rpcError(frame['error']);
    }
  }

  #answer(id: number, { error, result }: Record<string, unknown>): void {
    const waiting = this.#waiting.get(id);
    if (!waiting) return;
    this.#waiting.delete(id);
    clearTimeout(waiting.timer);
    if (error === undefined) waiting.resolve(result);
    else waiting.reject(rpcError(error));
  }

  #ping(): void {
    if (this.#isPinging || performance.now() - this.#heardAt < this.options.pingAfterMs) return;
    this.#isPinging = true;
    this.request('ping', {})
      .catch(() => {
        // `ws` would wait 30 s for the close handshake.
        this.#socket.terminate?.();
        this.abandon();
      })
      .finally(() => {
        this.#isPinging = false;
      });
  }

  #finish(ended: Ended): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearInterval(this.#watch);
    this.options.signal?.removeEventListener('abort', this.#onAbort);
    for (const { reject, timer } of this.#waiting.values()) {
      clearTimeout(timer);
      reject(lost());
    }
    this.#waiting.clear();
    this.#end(ended);
  }
}

/** A JSON-RPC error as a ParleyError: its `data` holds code and reason. */
export const rpcError = (error: unknown): ParleyError => {
  const { data, message } = (error ?? {}) as { data?: unknown; message?: unknown };
  return errorFrom(data, message);
};
