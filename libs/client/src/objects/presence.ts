import type { Abortable } from '../observable.js';
import { isParleyError, isRetryable } from '../parley-error.js';
import { State } from '../state.js';
import type { Hub } from './hub.js';
import type { AccountPresence, ChannelPresence, OwnPresence, Presence } from './types.js';

/** As the server sends it. */
interface Account extends AccountPresence {
  readonly accountId: string;
}
interface Counts {
  readonly online: number;
  readonly away: number;
}
interface Subscribed {
  readonly accounts: readonly Account[];
  readonly counts: Counts | null;
}

const offline: AccountPresence = { state: 'offline', lastSeenAt: null };
const nobody: ChannelPresence = { accounts: new Map(), online: 0, away: 0 };
/** How many accounts one request may name. */
const batchMax = 100;

/** Subscribes to the presence of accounts and channels while somebody looks, on each new connection anew. */
export class PresenceObject implements Presence {
  readonly own = new State<OwnPresence>('online');
  readonly #accounts = new Map<string, Set<State<AccountPresence>>>();
  readonly #channels = new Map<string, State<ChannelPresence>>();
  readonly #asked = new Set<string>();

  constructor(private readonly hub: Pick<Hub, 'request' | 'notify' | 'retry' | 'log'>) {}

  async set(state: OwnPresence, options?: Abortable): Promise<void> {
    await this.hub.retry(() => this.hub.request('presence.set', { state }), options);
    this.own.set(state);
  }

  of(accountId: string): State<AccountPresence> {
    const state: State<AccountPresence> = new State(offline, (isUsed) => this.#use(accountId, state, isUsed));
    return state;
  }

  ofChannel(channelId: string, track: (isUsed: boolean) => void): State<ChannelPresence> {
    const state: State<ChannelPresence> = new State(nobody, (isUsed) => {
      track(isUsed);
      if (isUsed) {
        this.#channels.set(channelId, state);
        void this.#subscribe({ channelId });
      } else {
        this.#channels.delete(channelId);
        this.hub.notify('presence.unsubscribe', { channelId });
        state.set(nobody);
      }
    });
    return state;
  }

  /** A new connection: it has no subscriptions yet. */
  connected(): void {
    if (this.own.value === 'away') void this.hub.request('presence.set', { state: 'away' }).catch(() => {});
    this.#ask([...this.#accounts.keys()]);
    for (const channelId of this.#channels.keys()) void this.#subscribe({ channelId });
  }

  /** The members of a channel have changed. */
  membersChanged(channelId: string): void {
    if (this.#channels.has(channelId)) void this.#subscribe({ channelId });
  }

  changed({ accountId, state, lastSeenAt }: Account): void {
    const presence = { state, lastSeenAt };
    for (const each of this.#accounts.get(accountId) ?? []) each.set(presence);
    for (const each of this.#channels.values()) {
      if (!each.value.accounts.has(accountId)) continue;
      const accounts = new Map(each.value.accounts).set(accountId, presence);
      each.set({ accounts, ...countsOf(accounts) });
    }
  }

  counted({ channelId, online, away }: Counts & { readonly channelId: string }): void {
    const state = this.#channels.get(channelId);
    state?.set({ ...state.value, online, away });
  }

  #use(accountId: string, state: State<AccountPresence>, isUsed: boolean): void {
    const states = this.#accounts.get(accountId) ?? new Set();
    if (isUsed) {
      if (states.size === 0) this.#ask([accountId]);
      this.#accounts.set(accountId, states.add(state));
      const [known] = states;
      if (known) state.set(known.value);
      return;
    }
    states.delete(state);
    if (states.size > 0) return;
    this.#accounts.delete(accountId);
    this.hub.notify('presence.unsubscribe', { accountIds: [accountId] });
  }

  /** Those that are asked for in one go share a request. */
  #ask(accountIds: readonly string[]): void {
    if (this.#asked.size === 0 && accountIds.length > 0) queueMicrotask(() => this.#askNow());
    for (const accountId of accountIds) this.#asked.add(accountId);
  }

  #askNow(): void {
    const accountIds = [...this.#asked].filter((accountId) => this.#accounts.has(accountId));
    this.#asked.clear();
    for (let from = 0; from < accountIds.length; from += batchMax) {
      void this.#subscribe({ accountIds: accountIds.slice(from, from + batchMax) });
    }
  }

  async #subscribe(params: { readonly channelId: string } | { readonly accountIds: readonly string[] }): Promise<void> {
    try {
      const { accounts, counts } = await this.hub.request<Subscribed>('presence.subscribe', params);
      if ('channelId' in params) {
        const map = new Map(accounts.map(({ accountId, state, lastSeenAt }) => [accountId, { state, lastSeenAt }]));
        const { online, away } = counts ?? countsOf(map);
        this.#channels.get(params.channelId)?.set({ accounts: map, online, away });
      } else for (const account of accounts) this.changed(account);
    } catch (error) {
      // Without a connection the next one subscribes.
      if (!isParleyError(error)) throw error;
      if (error.reason === 'connection_lost') return;
      this.hub.log('warn', 'presence is not known', { reason: error.reason });
      if (isRetryable(error) && error.reason !== 'client_closed') {
        setTimeout(() => void this.#subscribe(params), error.retryAfterMs ?? 2_000);
      }
    }
  }
}

const countsOf = (accounts: ReadonlyMap<string, AccountPresence>): Counts => {
  const states = [...accounts.values()].map(({ state }) => state);
  return {
    online: states.filter((state) => state === 'online').length,
    away: states.filter((state) => state === 'away').length,
  };
};
