import type { Abortable } from '../observable.js';
import { isParleyError } from '../parley-error.js';
import type { ParleyError } from '../parley-error.js';
import { State } from '../state.js';
import type { Entry, SummarizedChannel } from '../types.js';
import type { ChannelObject } from './channel.js';
import type { Hub } from './hub.js';
import type { ChannelList, ChannelListItem } from './types.js';
import { Usage } from './usage.js';

const pageSize = 100;
/** How many channels the list holds. */
const channelsMax = 2_000;
/** Entries of the inbox that are held while a page is loaded. */
const recentMax = 100;

interface Listed {
  readonly channel: ChannelObject;
  readonly stop: () => void;
}

/** The channels of the account, each followed while the list is in use. */
export class ChannelListObject extends State<readonly ChannelListItem[]> implements ChannelList {
  readonly #usage: Usage;
  readonly #listed = new Map<string, Listed>();
  /** Where the next pages begin; undefined: not loaded yet, null: there are no more. */
  #cursor: string | null | undefined;
  #before: number | null | undefined;
  #loading: Promise<void> | null = null;
  #stopping = new AbortController();
  #recent: Entry[] = [];
  #isPlanned = false;
  error: ParleyError | null = null;

  constructor(
    private readonly hub: Pick<Hub, 'rest' | 'retry'>,
    private readonly channelOf: (id: string) => ChannelObject,
  ) {
    super([], (isUsed) => this.#usage.track(isUsed));
    this.#usage = new Usage(
      () => void this.loadMore().catch(() => {}),
      () => this.#release(),
    );
  }

  get hasMore(): boolean {
    return this.#listed.size < channelsMax && (this.#cursor !== null || this.#before !== null);
  }

  get isLoading(): boolean {
    return this.#loading !== null;
  }

  loadMore(options: Abortable = {}): Promise<void> {
    return this.hasMore ? this.#load(() => this.#page(options)) : Promise.resolve();
  }

  refresh(options: Abortable = {}): Promise<void> {
    return this.#load(async () => {
      [this.#cursor, this.#before] = [undefined, undefined];
      const seen = await this.#page(options);
      // Beyond the first page nothing is known; what was on it and is not any more was left.
      if (!this.hasMore) for (const id of this.#listed.keys()) if (!seen.has(id)) this.left(id);
    });
  }

  /** A new connection: what other devices did meanwhile is not known. */
  connected(): void {
    if (this.#listed.size > 0) this.refresh().catch(() => {});
  }

  /** An entry of the inbox, perhaps of a direct channel that is not listed yet. */
  entry(entry: Entry): void {
    if (this.isLoading) this.#recent = [...this.#recent, entry].slice(-recentMax);
    if (this.#usage.isActive && !this.#listed.has(entry.channelId)) this.joined(entry.channelId);
  }

  /** The account became a member. */
  joined(channelId: string): void {
    if (!this.#usage.isActive || this.#listed.has(channelId)) return;
    const { signal } = this.#stopping;
    this.hub
      .retry(() => this.hub.rest.channel(channelId, { summary: true }, { signal }), { signal })
      .then(
        (summary) => this.#put(summary),
        // It was left meanwhile, or the list is not in use any more.
        () => {},
      );
  }

  left(channelId: string): void {
    this.#listed.get(channelId)?.stop();
    if (this.#listed.delete(channelId)) this.#plan();
  }

  #load(work: () => Promise<unknown>): Promise<void> {
    const before = this.#loading ?? Promise.resolve();
    const loading = before.catch(() => {}).then(() => this.#run(work));
    this.#loading = loading;
    return loading;
  }

  async #run(work: () => Promise<unknown>): Promise<void> {
    const running = this.#loading;
    this.#usage.track(true);
    try {
      await work();
      this.error = null;
    } catch (error) {
      if (isParleyError(error)) this.error = error;
      throw error;
    } finally {
      this.#usage.track(false);
      if (this.#loading === running) this.#loading = null;
      this.#recent = [];
      this.#plan();
    }
  }

  /** The next page of both lists. Returns the ids on it. */
  async #page({ signal }: Abortable): Promise<ReadonlySet<string>> {
    const stop = this.#stopping.signal;
    const options = { signal: signal ? AbortSignal.any([signal, stop]) : stop };
    const query = { summary: true, limit: pageSize };
    const { rest, retry } = this.hub;
    const [cursor, before] = [this.#cursor, this.#before];
    const ask = { ...query, joined: true, kind: ['room', 'group', 'topic'] as const, ...(cursor && { cursor }) };
    const [joined, directs] = await Promise.all([
      cursor === null ? null : retry(() => rest.channels(ask, options), options),
      before === null ? null : retry(() => rest.directs({ ...query, ...(before && { before }) }, options), options),
    ]);
    if (joined) this.#cursor = joined.next;
    if (directs) this.#before = directs.next;
    const channels: SummarizedChannel[] = [...(joined?.channels ?? []), ...(directs?.directs ?? [])];
    for (const summary of channels) this.#put(summary);
    return new Set(channels.map(({ id }) => id));
  }

  #put(summary: SummarizedChannel): void {
    const { id } = summary;
    const known = this.#listed.get(id);
    if (!this.#usage.isActive || (!known && this.#listed.size >= channelsMax)) return;
    const channel = known?.channel ?? this.channelOf(id);
    const wasUsed = channel.status.value.name !== 'idle';
    channel.seed(summary);
    if (known) return;
    // A followed channel gets its later entries itself; those of direct channels came with the inbox.
    const later = this.#recent.filter(({ channelId, sequence }) => channelId === id && sequence > (summary.head ?? 0));
    const changed = (): void => this.#plan();
    const stops = [channel.info, channel.unread, channel.last].map((each) => each.subscribe(changed));
    this.#listed.set(id, { channel, stop: () => stops.forEach((stop) => stop()) });
    if (!wasUsed) for (const entry of later) channel.entry(entry);
    this.#plan();
  }

  /** Many changes that come together make one new list. */
  #plan(): void {
    if (this.#isPlanned) return;
    this.#isPlanned = true;
    queueMicrotask(() => {
      this.#isPlanned = false;
      const items = [...this.#listed.values()].flatMap(({ channel }) => itemOf(channel));
      this.set(items.sort((a, b) => timeOf(b) - timeOf(a)));
    });
  }

  #release(): void {
    this.#stopping.abort();
    this.#stopping = new AbortController();
    for (const { stop } of this.#listed.values()) stop();
    this.#listed.clear();
    [this.#cursor, this.#before] = [undefined, undefined];
    this.set([]);
  }
}

const itemOf = ({ info, unread, last }: ChannelObject): ChannelListItem[] => {
  const { count, mentions } = unread.value;
  return info.value ? [{ ...info.value, unread: count, mentions, last: last.value }] : [];
};

const timeOf = ({ last }: ChannelListItem): number => (last ? Date.parse(last.sentAt) : 0);
