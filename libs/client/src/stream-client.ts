import { newClientId } from './client-id.js';
import { ClientCore } from './client-core.js';
import type { MakeObjects } from './client-core.js';
import type { ClientEvents, ClientOptions, ConnectOptions } from './client-options.js';
import type { Abortable } from './observable.js';
import type { Result } from './protocol.js';
import type { RestApi } from './rest-api.js';
import type { Attached } from './streams.js';
import type { ClientState, Delivery, Sent, Target } from './types.js';
import { closed, notConnected, untilOpen } from './until-open.js';

/**
 * The connection of one account to Parley. It reconnects by itself, delivers every message once and in the order of its stream, and repeats
 * what it sends until the server acknowledges it. `ParleyClient` has the objects besides; a bundle of an application that needs streams
 * alone is smaller with this class.
 */
export class StreamClient {
  readonly #core: ClientCore;

  constructor(options: ClientOptions);
  /** @internal `makeObjects`: called once, for objects that follow the streams. */
  constructor(options: ClientOptions, makeObjects?: MakeObjects);
  constructor(options: ClientOptions, makeObjects?: MakeObjects) {
    this.#core = new ClientCore(options, makeObjects);
  }

  /** The REST API of v1, with the same tokens. */
  get rest(): RestApi {
    return this.#core.rest;
  }

  /** The id of the account; null when it is not known before the first connection. */
  get accountId(): string | null {
    return this.#core.accountId();
  }

  /** The current state of the connection; `on('state')` reports its changes. */
  get state(): ClientState {
    return this.#core.state;
  }

  /**
   * Calls `handler` for each event of this name; returns a function that removes the handler. An error that the handler throws is reported
   * as uncaught and affects no other handler.
   */
  on<Name extends keyof ClientEvents>(name: Name, handler: (event: ClientEvents[Name]) => void): () => void {
    return this.#core.events.on(name, handler);
  }

  /** Calls `handler` for every message of the attached channels and of the inbox, once, in the order of its stream. */
  onMessage(handler: (delivery: Delivery) => void): () => void {
    return this.on('message', handler);
  }

  /**
   * Connects, and stays connected until `close`. Resolves when the connection is open. Rejects when retrying cannot help, and after
   * `deadlineMs` (default 60,000) with `unavailable` `connect_deadline`, in which case the client keeps trying. Aborting `signal` closes
   * the client and rejects with the signal's reason.
   */
  async connect({ signal, deadlineMs = 60_000 }: ConnectOptions = {}): Promise<void> {
    if (signal?.aborted) {
      await this.close();
      throw signal.reason;
    }
    this.#core.start();
    await untilOpen(this, { deadlineMs, ...(signal && { signal }) });
  }

  /**
   * Receives the messages of a channel: those after the sequence `after`, else from the saved position, else from now. Waits for the
   * connection. Rejects with `not_connected` before `connect`, with `attach_superseded` when the channel is detached or attached anew
   * meanwhile, and with the server's error when it refuses.
   */
  attach(channelId: string, { after, signal }: { after?: number } & Abortable = {}): Promise<Attached> {
    if (!this.#core.running) return Promise.reject(notConnected());
    return this.#core.streams.attach(channelId, after, signal);
  }

  /** Stops receiving a channel. Its position is kept for the next `attach`. */
  detach(channelId: string): void {
    if (this.#core.streams.detach(channelId)) this.#core.notify('channel.detach', { channelId });
  }

  /**
   * Sends a text message and resolves when the server has committed it; repeats it across reconnections until then. Rejects with
   * `unavailable` `send_deadline` after `deadlineMs` (default 60,000), when the message may have been committed: sending again with the
   * same `clientId` (default: a random one) never creates a second message. Rejects with `conflict` `already_sending` while a message with
   * this `clientId` is being sent to the same target.
   */
  send(
    target: Target,
    text: string,
    options: { clientId?: string; deadlineMs?: number } & Abortable = {},
  ): Promise<Sent> {
    if (this.state.name === 'closed') return Promise.reject(closed());
    if (!this.#core.running) return Promise.reject(notConnected());
    const { clientId = newClientId(), deadlineMs = 60_000, signal } = options;
    const to = typeof target === 'string' ? { channelId: target } : target;
    const content = { type: 'text', text } as const;
    return this.#core.outbox.send({ clientId, target: to, content }, deadlineMs, signal);
  }

  /** Notifies the other subscribers of a channel that the account is typing. Does nothing without a connection. */
  typing(channelId: string): void {
    this.#core.notify('typing.start', { channelId });
  }

  /** Records that the account has read a channel up to a sequence. Not repeated: rejects with `connection_lost` without a connection. */
  markRead(channelId: string, sequence: number): Promise<Result<'receipt.record'>> {
    return this.#core.request('receipt.record', { channelId, sequence });
  }

  /** Closes the connection. Pending sends reject with `unavailable` `client_closed`. Resolves when the client has stopped. */
  close(): Promise<void> {
    return this.#core.close();
  }
}
