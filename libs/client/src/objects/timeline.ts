import type { Abortable } from '../observable.js';
import type { ParleyError } from '../parley-error.js';
import { State } from '../state.js';
import type { Entry, Message, MessagePage, PagePosition } from '../types.js';
import type { Hub } from './hub.js';
import { MessageWindow } from './message-window.js';
import type { MessageState, Timeline, TimelineMessage, TimelinePosition, Unread } from './types.js';
import { Usage } from './usage.js';

/** What a timeline needs of its channel. */
export interface TimelineOwner {
  readonly id: string;
  readonly hub: Hub;
  readonly unread: State<Unread>;
  /** Uses the channel while the timeline is in use. */
  track(isUsed: boolean): void;
  /** Resolves when the channel is followed. */
  ready(): Promise<void>;
  isFollowed(): boolean;
  /** A page has these messages; `isWhole`: everything up to its head is here. */
  pageLoaded(page: MessagePage, isWhole: boolean): void;
  /** The message with the changes that the server has not confirmed yet. */
  changed(message: Message): Message;
  stateOf(sequence: number): MessageState;
  /** Own messages that are not stored yet, of a thread or (null) of the channel. */
  localsOf(rootId: string | null): readonly TimelineMessage[];
}

const pageSize = 50;
/** Entries that are held while a page is loaded; with more, the page is loaded again. */
const recentMax = 2_000;

interface View {
  readonly message: Message;
  readonly view: TimelineMessage;
}

/** A window on messages that stays equal to what the server has: pages, entries after them, and what this client did. */
export class TimelineObject extends State<readonly TimelineMessage[]> implements Timeline {
  readonly #window: MessageWindow;
  readonly #usage: Usage;
  #views = new Map<string, View>();
  #isLoaded = false;
  #isStale = false;
  #loads = 0;
  #recent: Entry[] = [];
  #queue: Promise<unknown> = Promise.resolve();
  #stopLoads = new AbortController();
  error: ParleyError | null = null;

  /** `parent`: the message whose replies it shows; null: it shows the channel. */
  constructor(
    protected readonly channel: TimelineOwner,
    private readonly parent: string | null = null,
  ) {
    super([], (isUsed) => this.use(isUsed));
    this.#window = new MessageWindow({
      max: channel.hub.timelineMax,
      accountId: () => this.accountId,
      accepts: ({ inChannel, threadRoot }) => (parent === null ? inChannel : threadRoot === parent),
    });
    this.#usage = new Usage(
      () => channel.track(true),
      () => {
        channel.track(false);
        this.#release();
      },
    );
  }

  get items(): readonly TimelineMessage[] {
    return this.value;
  }

  get hasBefore(): boolean {
    return this.#window.hasBefore;
  }

  get hasAfter(): boolean {
    return this.#window.hasAfter;
  }

  get isLive(): boolean {
    return this.#isLoaded && !this.hasAfter && this.channel.isFollowed();
  }

  get isLoading(): boolean {
    return this.#loads > 0;
  }

  loadBefore(limit = pageSize, options: Abortable = {}): Promise<void> {
    return this.#load(
      () => (this.hasBefore ? { before: this.#window.first, limit } : null),
      (page) => this.#window.prepend(page),
      options,
    );
  }

  loadAfter(limit = pageSize, options: Abortable = {}): Promise<void> {
    return this.#load(
      () => (this.hasAfter ? { after: this.#window.last, limit } : null),
      (page) => this.#window.append(page),
      options,
    );
  }

  jumpTo(position: TimelinePosition, options: Abortable = {}): Promise<void> {
    return this.#load(() => this.#positionOf(position), this.#replace, options);
  }

  /** Loads what is here again: entries may have been missed. */
  reload(): void {
    if (!this.#isLoaded) return;
    const position = (): PagePosition => {
      const { length } = this.items;
      const limit = Math.min(Math.max(length, pageSize), 200);
      const middle = this.items[length >> 1]?.sequence;
      return this.hasAfter && typeof middle === 'number' ? { around: middle, limit } : { limit };
    };
    this.#load(position, this.#replace, {}).catch(() => {});
  }

  apply(entry: Entry): void {
    if (this.isLoading) {
      if (this.#recent.length < recentMax) this.#recent.push(entry);
      else this.#isStale = true;
    }
    if (this.#isLoaded && this.fold(entry)) this.refresh();
  }

  /** Makes the items anew, for example because of a change of this client. */
  refresh(): void {
    const views = new Map<string, View>();
    const items = this.#window.messages.map((message) => this.#view(message, views));
    this.#views = views;
    this.set([...items, ...(this.hasAfter ? [] : this.channel.localsOf(this.parent))]);
  }

  protected get accountId(): string | null {
    return this.channel.hub.accountId();
  }

  protected get ownUnread(): Unread {
    return this.channel.unread.value;
  }

  protected loadPage(position: PagePosition, options: Abortable): Promise<MessagePage> {
    const { hub, id } = this.channel;
    return hub.retry(() => hub.rest.history(id, position, options), options);
  }

  /** Applies an entry, also one that was applied before. Returns whether something changed. */
  protected fold(entry: Entry): boolean {
    return this.#window.apply(entry);
  }

  protected viewOf(message: Message): TimelineMessage {
    const changed = this.channel.changed(message);
    const isOwn = message.sender.id === this.accountId;
    const state = isOwn ? this.channel.stateOf(message.sequence) : null;
    return { ...changed, key: keyOf(message, isOwn), isOwn, state, error: null, isChanging: changed !== message };
  }

  /** It got its first subscriber, or lost its last. */
  protected use(isUsed: boolean): void {
    this.#usage.track(isUsed);
    if (isUsed && !this.#isLoaded && !this.isLoading) this.jumpTo('latest').catch(() => {});
  }

  #release(): void {
    this.#stopLoads.abort();
    this.#stopLoads = new AbortController();
    this.#isLoaded = false;
    this.#window.reset({ messages: [], more: false, head: 0, floor: 0 });
    this.refresh();
  }

  readonly #replace = (page: MessagePage, position: PagePosition): void => {
    const isAround = position.around !== undefined || position.aroundTime !== undefined;
    this.#window.reset(page, page.moreBefore ?? page.more, isAround && (page.moreAfter ?? page.more));
  };

  #positionOf(position: TimelinePosition): PagePosition {
    const limit = pageSize;
    if (position === 'latest') return { limit };
    if (position === 'firstUnread') {
      const { count, read } = this.ownUnread;
      return count > 0 ? { around: read + 1, limit } : { limit };
    }
    return 'time' in position ? { aroundTime: position.time, limit } : { around: position.sequence, limit };
  }

  /** One page at a time. `position` null: there is nothing to load. */
  #load(
    position: () => PagePosition | null,
    place: (page: MessagePage, position: PagePosition) => void,
    { signal }: Abortable,
  ): Promise<void> {
    const stop = this.#stopLoads.signal;
    const either = signal ? AbortSignal.any([signal, stop]) : stop;
    this.#loads++;
    this.refresh();
    const loading = this.#usage.during(() =>
      this.#queue.then(() => this.#page(position, place, either)).finally(() => this.#loaded()),
    );
    this.#queue = loading.catch(() => {});
    return loading;
  }

  async #page(
    positionOf: () => PagePosition | null,
    place: (page: MessagePage, position: PagePosition) => void,
    signal: AbortSignal,
  ): Promise<void> {
    try {
      signal.throwIfAborted();
      await this.channel.ready();
      // Entries that come from now on may be missing in the page.
      this.#recent = [];
      const position = positionOf();
      if (!position) return;
      const page = await this.loadPage(position, { signal });
      signal.throwIfAborted();
      place(page, position);
      this.#isLoaded = true;
      for (const entry of this.#recent) this.fold(entry);
      this.error = null;
      this.channel.pageLoaded(page, this.parent === null && place === this.#replace);
    } catch (error) {
      if (!signal.aborted) this.error = error as ParleyError;
      throw error;
    }
  }

  #loaded(): void {
    this.#loads--;
    this.#recent = [];
    this.refresh();
    if (!this.#isStale || this.isLoading) return;
    this.#isStale = false;
    this.reload();
  }

  #view(message: Message, views: Map<string, View>): TimelineMessage {
    const known = this.#views.get(message.id);
    const view = this.viewOf(message);
    const isSame = known?.message === message && !view.isChanging && !known.view.isChanging;
    const kept = isSame && known.view.state === view.state ? known : { message, view };
    views.set(message.id, kept);
    return kept.view;
  }
}

/** An own message keeps the key of its local echo. */
const keyOf = ({ id, clientId }: Message, isOwn: boolean): string =>
  isOwn && clientId !== null ? `own ${clientId}` : id;
