import { createBackoff } from './backoff.js';
import type { ClientEvents, ClientOptions } from './client-options.js';
import { lost } from './connection.js';
import { entryOf } from './entries.js';
import { Events } from './events.js';
import { exclusively } from './exclusively.js';
import type { Hub } from './objects/hub.js';
import { Registry } from './objects/registry.js';
import { Outbox } from './outbox.js';
import { ParleyError } from './parley-error.js';
import type { MethodName, Result } from './protocol.js';
import { ReconnectingConnection } from './reconnecting-connection.js';
import { RestApi } from './rest-api.js';
import type { RestOptions } from './rest-request.js';
import { createRetry } from './retry.js';
import { SessionTokens } from './session-tokens.js';
import { restOptions } from './sign-in.js';
import { defaultSocket } from './socket-like.js';
import { StateStore } from './state-store.js';
import { Streams } from './streams.js';
import { accountOf } from './token-life.js';
import type { ClientState, Entry, Sent } from './types.js';
import { closed } from './until-open.js';

const news: Readonly<Partial<Record<string, keyof ClientEvents>>> = {
  'typing.started': 'typing',
  'member.added': 'memberAdded',
  'member.changed': 'memberChanged',
  'member.removed': 'memberRemoved',
  'channel.changed': 'channelChanged',
};

/** The parts of a client, put together. */
export class ClientCore {
  readonly rest: RestApi;
  readonly events = new Events<ClientEvents>();
  readonly streams: Streams;
  readonly outbox: Outbox;
  readonly registry: Registry;
  readonly link: ReconnectingConnection;
  readonly #tokens: SessionTokens;
  readonly #stateStore: StateStore;
  readonly #retryMs: (error: ParleyError) => number;
  state: ClientState = { name: 'idle' };
  #accountId: string | null = null;
  running: Promise<void> | null = null;

  constructor(private readonly options: ClientOptions) {
    const rest = restOptions(options);
    const { random = Math.random } = options.backoff ?? {};
    this.#retryMs = (error) => error.retryAfterMs ?? Math.round(200 + random() * 800);
    this.#tokens = this.#createTokens(rest);
    this.rest = new RestApi(rest, this.#tokens);
    this.#stateStore = new StateStore(
      options.storage,
      () => ({ ...(this.#tokens.current && { tokens: this.#tokens.current }), ...this.streams.positions }),
      (error) => this.events.emit('storageFailed', { error }),
    );
    this.streams = this.#createStreams();
    this.outbox = new Outbox({
      request: ({ target, clientId, content }) => this.request<Sent>('message.send', { ...target, clientId, content }),
      retryMs: this.#retryMs,
      inFlightMax: 64,
    });
    this.registry = this.#createRegistry();
    this.link = this.#createLink(rest);
  }

  get accountId(): string | null {
    return this.#accountId ?? this.#account?.id ?? null;
  }

  get #account(): ReturnType<typeof accountOf> {
    const token = this.#tokens.current?.accessToken;
    return token === undefined ? null : accountOf(token);
  }

  start(): void {
    this.running ??= this.#run();
  }

  async close(): Promise<void> {
    this.link.stop();
    this.#stop(closed());
    this.#setState({ name: 'closed', error: null });
    await this.running;
  }

  request<T>(method: string, params: object): Promise<T> {
    const { connection } = this.link;
    if (!connection) return Promise.reject(lost());
    return connection.request(method as MethodName, params) as Promise<unknown> as Promise<T>;
  }

  #createTokens(rest: RestOptions): SessionTokens {
    const { tokens = null, signIn, realm, storage } = this.options;
    return new SessionTokens({
      rest,
      tokens,
      ...(signIn && { signIn }),
      ...(realm !== undefined && { realm }),
      ...(storage && {
        stored: async () => (await this.#stateStore.load()).tokens,
        refreshKey: (refreshToken) => this.#stateStore.refreshKey(refreshToken),
        exclusively: (work) => exclusively(`parley ${rest.gateways.current}`, work),
      }),
      onChange: async (changed, isAdopted) => {
        if (!isAdopted) await this.#stateStore.tokensChanged();
        this.events.emit('tokens', changed);
      },
    });
  }

  #createStreams(): Streams {
    return new Streams({
      rest: this.rest,
      request: (method, params) => this.request<Result<typeof method>>(method, params as object),
      whenConnected: () => this.link.whenConnected(),
      deliver: (entry, inboxSequence, isAttached) => this.#deliver(entry, inboxSequence, isAttached),
      onMoved: () => this.#stateStore.changed(),
      onMissed: (channelId) => this.registry.missed(channelId),
      onDetached: (channelId, error) => this.#detached(channelId, error),
      retryMs: this.#retryMs,
    });
  }

  #createRegistry(): Registry {
    const { timelineMax = 500, reportsDelivered = true } = this.options;
    return new Registry({
      rest: this.rest,
      accountId: () => this.accountId,
      accountName: () => this.#account?.name ?? '',
      timelineMax,
      reportsDelivered,
      retry: createRetry({
        whenConnected: () => this.link.whenConnected(),
        retryMs: this.#retryMs,
        isOver: () => this.state.name === 'closed',
      }),
      request: (method, params) => this.request(method, params),
      notify: (method, params) => this.link.connection?.notify(method as MethodName, params),
      follow: (channelId, after) => this.streams.follow(channelId, after),
      unfollow: (channelId) => {
        if (this.streams.unfollow(channelId)) this.link.connection?.notify('channel.detach', { channelId });
      },
      outboxChanged: (outbox) => this.#stateStore.outboxChanged(outbox),
      log: (level, text, fields) => this.log(level, text, fields),
    });
  }

  #createLink(rest: RestOptions): ReconnectingConnection {
    const { backoff = {}, webSocket, requestTimeoutMs = 15_000, pingAfterMs = 20_000, traceparent } = this.options;
    const { baseMs = 250, maxMs = 10_000, random = Math.random } = backoff;
    return new ReconnectingConnection({
      gateways: rest.gateways,
      socket: () => (webSocket ? Promise.resolve(webSocket) : defaultSocket()),
      tokens: this.#tokens,
      backoff: createBackoff({ baseMs, maxMs, random }),
      requestTimeoutMs,
      pingAfterMs,
      traceparent,
      onNotification: (method, params) => this.#notified(method, params),
      onConnected: () => this.#connected(),
      onRenewed: () => this.outbox.retryNow(),
      onState: (state) => this.#setState(state),
    });
  }

  log: Hub['log'] = (level, text, fields) => this.options.logger?.[level]?.(text, fields);

  async #run(): Promise<void> {
    const saved = await this.#stateStore.load();
    this.streams.restore(saved);
    this.registry.queue.restore(saved.outbox ?? []);
    if (saved.tokens && !this.#tokens.current) this.#tokens.restore(saved.tokens);
    const error = await this.link.run();
    if (this.state.name === 'closed') return;
    this.#stop(error ?? closed());
    this.#setState({ name: 'closed', error });
  }

  #stop(error: ParleyError): void {
    this.streams.stop();
    this.outbox.stop(error);
    this.registry.stop(error);
  }

  async #connected(): Promise<void> {
    await this.streams.begin();
    const resumed = this.streams.resume();
    this.outbox.retryNow();
    this.registry.connected();
    await resumed;
  }

  #deliver(entry: Entry, inboxSequence: number | undefined, isAttached: boolean): void {
    const isInbox = inboxSequence !== undefined;
    this.registry.entry(entry, isInbox);
    this.events.emit('entry', entry);
    if (!isAttached || entry.kind !== 'message.created') return;
    this.events.emit('message', { message: entry.message, ...(isInbox && { inboxSequence }) });
  }

  #notified(method: string, params: Record<string, unknown>): void {
    const entry = entryOf(method, params);
    if (entry) return this.streams.pushed(entry, params['inboxSequence'] as number | undefined);
    if (method === 'session.opened') this.#accountId = params['accountId'] as string;
    const name = news[method];
    if (name) this.events.emit(name, params as never);
    this.registry.notified(method, params);
    if (method === 'member.removed' && params['accountId'] === this.accountId)
      this.#lost(params['channelId'] as string);
  }

  /** The account was removed, or left on another connection: the server does not deliver this channel any more. */
  #lost(channelId: string): void {
    if (!this.streams.lose(channelId)) return;
    const error = new ParleyError('forbidden', 'not_member', 'The account is not a member of this channel any more');
    this.#detached(channelId, error);
  }

  #detached(channelId: string | null, error: ParleyError): void {
    this.registry.refused(channelId, error);
    this.events.emit('detached', { channelId, error });
  }

  #setState(state: ClientState): void {
    if (this.state.name === 'closed') return;
    this.state = state;
    this.log('info', 'connection', { state: state.name });
    this.events.emit('state', state);
  }
}
