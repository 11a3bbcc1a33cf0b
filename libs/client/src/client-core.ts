import { createBackoff } from './backoff.js';
import type { ClientEvents, ClientOptions } from './client-options.js';
import { lost } from './connection.js';
import { entryOf } from './entries.js';
import { Events } from './events.js';
import { exclusively } from './exclusively.js';
import type { Hub } from './objects/hub.js';
import type { Registry } from './objects/registry.js';
import { Outbox } from './outbox.js';
import type { Outgoing } from './outbox.js';
import { ParleyError } from './parley-error.js';
import type { MethodName } from './protocol.js';
import { ReconnectingConnection } from './reconnecting-connection.js';
import { RestApi } from './rest-api.js';
import { createRetry } from './retry.js';
import { SessionTokens } from './session-tokens.js';
import { restOptions } from './sign-in.js';
import { platformSocket } from './socket.js';
import { StateStore } from './state-store.js';
import { Streams } from './streams.js';
import type { StreamsOptions } from './streams.js';
import { accountOf } from './token-life.js';
import type { ClientState, Entry, Saved, SavedMessage, Sent } from './types.js';
import { closed } from './until-open.js';

const news: Readonly<Partial<Record<string, keyof ClientEvents>>> = {
  'typing.started': 'typing',
  'member.added': 'memberAdded',
  'member.changed': 'memberChanged',
  'member.removed': 'memberRemoved',
  'channel.changed': 'channelChanged',
};

/** What follows the streams beside the handlers of the application. */
export type MakeObjects = (hub: Hub) => Registry;

/** The parts of a client, put together: each takes what it needs of this. */
export class ClientCore implements Hub, StreamsOptions {
  readonly rest: RestApi;
  readonly events = new Events<ClientEvents>();
  readonly streams: Streams;
  readonly outbox: Outbox;
  readonly #objects: Registry | undefined;
  readonly link: ReconnectingConnection;
  readonly timelineMax: number;
  readonly reportsDelivered: boolean;
  readonly #tokens: SessionTokens;
  readonly #stateStore: StateStore;
  readonly #random: () => number;
  state: ClientState = { name: 'idle' };
  running: Promise<void> | null = null;
  #accountId: string | null = null;

  // Functions of their own, because the objects pass them on.
  readonly accountId = (): string | null => this.#accountId ?? this.#account?.id ?? null;
  readonly accountName = (): string => this.#account?.name ?? '';
  readonly isOver = (): boolean => this.state.name === 'closed';
  readonly whenConnected = (): Promise<void> => this.link.whenConnected();
  /** Milliseconds before a request that failed with this error is repeated. */
  readonly retryMs = ({ retryAfterMs }: ParleyError): number => retryAfterMs ?? Math.round(200 + this.#random() * 800);
  readonly retry = createRetry(this);
  readonly request = async <T>(method: string, params: object): Promise<T> => {
    const { connection } = this.link;
    if (!connection) throw lost();
    return (await connection.request(method as MethodName, params)) as T;
  };
  readonly notify = (method: string, params: object): void =>
    this.link.connection?.notify(method as MethodName, params);
  readonly follow = (channelId: string, after: number): void => this.streams.follow(channelId, after);
  readonly unfollow = (channelId: string): void => {
    if (this.streams.unfollow(channelId)) this.notify('channel.detach', { channelId });
  };
  readonly outboxChanged = (outbox: readonly SavedMessage[]): void => this.#stateStore.outboxChanged(outbox);

  constructor(
    private readonly options: ClientOptions,
    makeObjects?: MakeObjects,
  ) {
    const { backoff = {}, storage, tokens = null, signIn, realm } = options;
    const { webSocket, requestTimeoutMs = 15_000, pingAfterMs = 20_000, traceparent } = options;
    const { baseMs = 250, maxMs = 10_000, random = Math.random } = backoff;
    this.timelineMax = options.timelineMax ?? 500;
    this.reportsDelivered = options.reportsDelivered ?? true;
    this.#random = random;
    const rest = restOptions(options);
    const store = new StateStore(storage, this);
    this.#stateStore = store;
    this.#tokens = new SessionTokens({
      rest,
      tokens,
      signIn,
      realm,
      ...(storage && {
        stored: async () => (await store.load()).tokens,
        refreshKey: (refreshToken) => store.refreshKey(refreshToken),
        exclusively: (work) => exclusively(`parley ${rest.gateways.current}`, work),
      }),
      onChange: async (changed, isAdopted) => {
        if (!isAdopted) await store.tokensChanged();
        this.events.emit('tokens', changed);
      },
    });
    this.rest = new RestApi(rest, this.#tokens);
    this.streams = new Streams(this);
    this.outbox = new Outbox(this);
    this.#objects = makeObjects?.(this);
    this.link = new ReconnectingConnection({
      gateways: rest.gateways,
      socket: async () => webSocket ?? platformSocket(),
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

  get #account(): ReturnType<typeof accountOf> {
    return accountOf(this.#tokens.current?.accessToken);
  }

  start(): void {
    this.running ??= this.#run();
  }

  async close(): Promise<void> {
    this.link.stop();
    this.#stop(closed(), null);
    await this.running;
  }

  sendOut({ target, clientId, content }: Outgoing): Promise<Sent> {
    return this.request('message.send', { ...target, clientId, content });
  }

  log: Hub['log'] = (level, text, fields) => this.options.logger?.[level]?.(text, fields);

  /** What is to be saved. */
  snapshot(): Saved {
    const tokens = this.#tokens.current;
    return { ...(tokens && { tokens }), ...this.streams.positions };
  }

  onStorageError(error: unknown): void {
    this.events.emit('storageFailed', { error });
  }

  onMoved(): void {
    this.#stateStore.changed();
  }

  onMissed(channelId: string): void {
    this.#objects?.missed(channelId);
  }

  onDetached(channelId: string | null, error: ParleyError): void {
    this.#objects?.refused(channelId, error);
    this.events.emit('detached', { channelId, error });
  }

  deliver(entry: Entry, inboxSequence: number | undefined, isAttached: boolean): void {
    const isInbox = inboxSequence !== undefined;
    this.#objects?.entry(entry, isInbox);
    this.events.emit('entry', entry);
    if (!isAttached || entry.kind !== 'message.created') return;
    this.events.emit('message', { message: entry.message, ...(isInbox && { inboxSequence }) });
  }

  async #run(): Promise<void> {
    const saved = await this.#stateStore.load();
    this.streams.restore(saved);
    this.#objects?.restore(saved.outbox ?? []);
    if (saved.tokens && !this.#tokens.current) this.#tokens.restore(saved.tokens);
    const error = await this.link.run();
    if (!this.isOver()) this.#stop(error ?? closed(), error);
  }

  /** `error`: why what is pending fails; `reason`: why the client is closed, null after `close`. */
  #stop(error: ParleyError, reason: ParleyError | null): void {
    this.streams.stop();
    this.outbox.stop(error);
    this.#objects?.stop(error);
    this.#setState({ name: 'closed', error: reason });
  }

  async #connected(): Promise<void> {
    await this.streams.begin();
    const resumed = this.streams.resume();
    this.outbox.retryNow();
    this.#objects?.connected();
    await resumed;
  }

  #notified(method: string, params: Record<string, unknown>): void {
    const entry = entryOf(method, params);
    if (entry) return this.streams.pushed(entry, params['inboxSequence'] as number | undefined);
    const { accountId, channelId } = params as { accountId: string; channelId: string };
    if (method === 'session.opened') this.#accountId = accountId;
    const name = news[method];
    if (name) this.events.emit(name, params as never);
    this.#objects?.notified(method, params);
    // The account was removed, or left on another connection: the server does not deliver this channel any more.
    if (method === 'member.removed' && accountId === this.accountId() && this.streams.lose(channelId)) {
      const text = 'The account is not a member of this channel any more';
      this.onDetached(channelId, new ParleyError('forbidden', 'not_member', text));
    }
  }

  #setState(state: ClientState): void {
    if (this.isOver()) return;
    this.state = state;
    this.log('info', 'connection', { state: state.name });
    this.events.emit('state', state);
  }
}
