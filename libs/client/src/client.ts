import { createBackoff } from './backoff.js';
import { newClientId } from './client-id.js';
import type { ClientEvents, ClientOptions, ConnectOptions } from './client-options.js';
import { lost } from './connection.js';
import { exclusively } from './exclusively.js';
import { Events } from './events.js';
import { StateStore } from './state-store.js';
import { ReconnectingConnection } from './reconnecting-connection.js';
import { Outbox } from './outbox.js';
import { ParleyError } from './parley-error.js';
import type { MethodName, Params, Result } from './protocol.js';
import type { ChannelList, LiveChannel, Preferences, Presence } from './objects/types.js';
import type { Abortable } from './observable.js';
import { RestApi, restOptions } from './rest-api.js';
import { SessionTokens } from './session-tokens.js';
import { defaultSocket } from './socket-like.js';
import { Streams } from './streams.js';
import type { Attached } from './streams.js';
import type { ClientState, Delivery, Message, Sent, Target } from './types.js';

const news: Readonly<Partial<Record<string, keyof ClientEvents>>> = {
  'typing.started': 'typing',
  'member.added': 'memberAdded',
  'member.changed': 'memberChanged',
  'member.removed': 'memberRemoved',
  'channel.changed': 'channelChanged',
};

/**
 * The connection of one account to Parley. It reconnects by itself, delivers every message once and in the order of its stream, and repeats
 * what it sends until the server acknowledges it.
 */
export class ParleyClient {
  /** The REST API of v1, with the same tokens. */
  readonly rest: RestApi;
  readonly #events = new Events<ClientEvents>();
  readonly #tokens: SessionTokens;
  readonly #link: ReconnectingConnection;
  readonly #streams: Streams;
  readonly #outbox: Outbox;
  readonly #stateStore: StateStore;
  #state: ClientState = { name: 'idle' };
  #accountId: unknown;
  #running: Promise<void> | null = null;

  constructor(options: ClientOptions) {
    const rest = restOptions(options);
    const { baseMs = 250, maxMs = 10_000, random = Math.random } = options.backoff ?? {};
    this.#tokens = new SessionTokens({
      rest,
      tokens: options.tokens ?? null,
      ...(options.signIn && { signIn: options.signIn }),
      ...(options.realm !== undefined && { realm: options.realm }),
      ...(options.storage && {
        stored: async () => (await this.#stateStore.load()).tokens,
        refreshKey: (refreshToken) => this.#stateStore.refreshKey(refreshToken),
        exclusively: (work) => exclusively(`parley ${rest.gateways.current}`, work),
      }),
      onChange: async (tokens, isAdopted) => {
        if (!isAdopted) await this.#stateStore.tokensChanged();
        this.#events.emit('tokens', tokens);
      },
    });
    this.rest = new RestApi(rest, this.#tokens);
    this.#stateStore = new StateStore(
      options.storage,
      () => ({ ...(this.#tokens.current && { tokens: this.#tokens.current }), ...this.#streams.positions }),
      (error) => this.#events.emit('storageFailed', { error }),
    );
    const retryMs = (error: ParleyError): number => error.retryAfterMs ?? Math.round(200 + random() * 800);
    this.#streams = new Streams({
      rest: this.rest,
      request: (method, params) => this.#request(method, params),
      whenConnected: () => this.#link.whenConnected(),
      deliver: (delivery) => this.#events.emit('message', delivery),
      onMoved: () => this.#stateStore.changed(),
      onDetached: (channelId, error) => this.#events.emit('detached', { channelId, error }),
      retryMs,
    });
    this.#outbox = new Outbox({
      request: ({ target, clientId, content }) => this.#request('message.send', { ...target, clientId, content }),
      retryMs,
      inFlightMax: 64,
    });
    this.#link = new ReconnectingConnection({
      gateways: rest.gateways,
      socket: () => (options.webSocket ? Promise.resolve(options.webSocket) : defaultSocket()),
      tokens: this.#tokens,
      backoff: createBackoff({ baseMs, maxMs, random }),
      requestTimeoutMs: options.requestTimeoutMs ?? 15_000,
      pingAfterMs: options.pingAfterMs ?? 20_000,
      traceparent: options.traceparent,
      onNotification: (method, params) => this.#notified(method, params),
      onConnected: () => this.#connected(),
      onRenewed: () => this.#outbox.retryNow(),
      onState: (state) => this.#setState(state),
    });
  }

  /** The object of a channel: the same one while it is in use. */
  channel(id: string): LiveChannel {
    throw new ParleyError('internal', 'client_failed', id);
  }

  /** The object of the direct channel with an account, which is created when it does not exist. */
  direct(accountId: string, _options: Abortable = {}): Promise<LiveChannel> {
    return Promise.resolve(this.channel(accountId));
  }

  /** The channels of the account. */
  get channels(): ChannelList {
    throw new ParleyError('internal', 'client_failed', '');
  }

  /** Who is here. */
  get presence(): Presence {
    throw new ParleyError('internal', 'client_failed', '');
  }

  /** The choices of the account. */
  get preferences(): Preferences {
    throw new ParleyError('internal', 'client_failed', '');
  }

  /** The id of the account; null before the first connection, unless the storage knows it. */
  get accountId(): string | null {
    return typeof this.#accountId === 'string' ? this.#accountId : null;
  }

  /** The current state of the connection; `on('state')` reports its changes. */
  get state(): ClientState {
    return this.#state;
  }

  /**
   * Calls `handler` for each event of this name; returns a function that removes the handler. An error that the handler throws is reported
   * as uncaught and affects no other handler.
   */
  on<Name extends keyof ClientEvents>(name: Name, handler: (event: ClientEvents[Name]) => void): () => void {
    return this.#events.on(name, handler);
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
    this.#running ??= this.#run();
    let stop = (): void => {};
    const interrupted = new Promise<never>((_, reject) => {
      const timer = setTimeout(() => reject(connectDeadline()), Math.min(deadlineMs, 2 ** 31 - 1));
      const onAbort = (): void => {
        reject(signal?.reason as Error);
        void this.close();
      };
      signal?.addEventListener('abort', onAbort);
      stop = () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', onAbort);
      };
    });
    await Promise.race([interrupted, this.#whenOpen()]).finally(stop);
  }

  /**
   * Receives the messages of a channel: those after the sequence `after`, else from the saved position, else from now. Waits for the
   * connection. Rejects with `not_connected` before `connect`, with `attach_superseded` when the channel is detached or attached anew
   * meanwhile, and with the server's error when it refuses.
   */
  attach(channelId: string, { after }: { after?: number } = {}): Promise<Attached> {
    if (!this.#running) return Promise.reject(notConnected());
    return this.#streams.attach(channelId, after);
  }

  /** Stops receiving a channel. Its position is kept for the next `attach`. */
  detach(channelId: string): void {
    this.#streams.detach(channelId);
    this.#link.connection?.notify('channel.detach', { channelId });
  }

  /**
   * Sends a text message and resolves when the server has committed it; repeats it across reconnections until then. Rejects with
   * `unavailable` `send_deadline` after `deadlineMs` (default 60,000), when the message may have been committed: sending again with the
   * same `clientId` (default: a random one) never creates a second message. Rejects with `conflict` `already_sending` while a message with
   * this `clientId` is being sent to the same target.
   */
  send(target: Target, text: string, options: { clientId?: string; deadlineMs?: number } = {}): Promise<Sent> {
    if (this.#state.name === 'closed') return Promise.reject(closed());
    if (!this.#running) return Promise.reject(notConnected());
    const { clientId = newClientId(), deadlineMs = 60_000 } = options;
    const to = typeof target === 'string' ? { channelId: target } : target;
    return this.#outbox.send({ clientId, target: to, content: { type: 'text', text } }, deadlineMs);
  }

  /** Notifies the other subscribers of a channel that the account is typing. Does nothing without a connection. */
  typing(channelId: string): void {
    this.#link.connection?.notify('typing.start', { channelId });
  }

  /** Records that the account has read a channel up to a sequence. Not repeated: rejects with `connection_lost` without a connection. */
  markRead(channelId: string, sequence: number): Promise<Result<'receipt.record'>> {
    return this.#request('receipt.record', { channelId, sequence });
  }

  /** Closes the connection. Pending sends reject with `unavailable` `client_closed`. Resolves when the client has stopped. */
  async close(): Promise<void> {
    this.#link.stop();
    this.#stop(closed());
    this.#setState({ name: 'closed', error: null });
    await this.#running;
  }

  async #run(): Promise<void> {
    const saved = await this.#stateStore.load();
    this.#streams.restore(saved);
    if (saved.tokens && !this.#tokens.current) this.#tokens.restore(saved.tokens);
    const error = await this.#link.run();
    if (this.#state.name === 'closed') return;
    this.#stop(error ?? closed());
    this.#setState({ name: 'closed', error });
  }

  #stop(error: ParleyError): void {
    this.#streams.stop();
    this.#outbox.stop(error);
  }

  async #connected(): Promise<void> {
    await this.#streams.begin();
    const resumed = this.#streams.resume();
    this.#outbox.retryNow();
    await resumed;
  }

  #request<Name extends MethodName>(method: Name, params: Params<Name>): Promise<Result<Name>> {
    return this.#link.connection?.request(method, params) ?? Promise.reject(lost());
  }

  #notified(method: string, params: Record<string, unknown>): void {
    if (method === 'message.created') {
      const { message, inboxSequence } = params as unknown as { message: Message; inboxSequence?: number };
      this.#streams.pushed(message, inboxSequence);
      return;
    }
    if (method === 'session.opened') this.#accountId = params['accountId'];
    const name = news[method];
    if (name) this.#events.emit(name, params as never);
    if (name === 'memberRemoved' && params['accountId'] === this.#accountId) this.#lost(params['channelId'] as string);
  }

  /** The account was removed, or left on another connection: the server does not deliver this channel any more. */
  #lost(channelId: string): void {
    if (!this.#streams.detach(channelId)) return;
    const error = new ParleyError('forbidden', 'not_member', 'The account is not a member of this channel any more');
    this.#events.emit('detached', { channelId, error });
  }

  #whenOpen(): Promise<void> {
    return new Promise((resolve, reject) => {
      const check = (state: ClientState): void => {
        if (state.name === 'open') resolve();
        else if (state.name === 'closed') reject(state.error ?? closed());
        else return;
        stop();
      };
      const stop = this.on('state', check);
      check(this.#state);
    });
  }

  #setState(state: ClientState): void {
    if (this.#state.name === 'closed') return;
    this.#state = state;
    this.#events.emit('state', state);
  }
}

const connectDeadline = (): ParleyError =>
  new ParleyError('unavailable', 'connect_deadline', 'There was no connection in time; the client goes on trying');
const notConnected = (): ParleyError =>
  new ParleyError(
    'conflict',
    'not_connected',
    'Call connect() first; what is sent after that waits for the connection',
  );
const closed = (): ParleyError => new ParleyError('unavailable', 'client_closed', 'The client is closed');
