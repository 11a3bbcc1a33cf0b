import { isParleyError } from '../parley-error.js';
import { State } from '../state.js';
import type { Entry, Message, MessagePage, SummarizedChannel } from '../types.js';
import { Changes } from './changes.js';
import { Counts } from './counts.js';
import type { Hub } from './hub.js';
import { MemberList } from './member-list.js';
import { Positions } from './positions.js';
import type { PresenceObject } from './presence.js';
import type { ReceiptReporter } from './receipt-reporter.js';
import type { SendQueue } from './send-queue.js';
import { ThreadObject } from './thread.js';
import type { ThreadOwner } from './thread.js';
import { TimelineObject } from './timeline.js';
import type {
  ChannelInfo,
  ChannelPresence,
  ChannelStatus,
  LocalMessage,
  MessageState,
  SendOptions,
  TimelineMessage,
  Unread,
} from './types.js';
import { Typing } from './typing.js';
import { Usage } from './usage.js';

/** What channels share. */
export interface Shared {
  readonly hub: Hub;
  readonly queue: SendQueue;
  readonly receipts: ReceiptReporter;
  readonly presence: PresenceObject;
  /** The channel begins or ends to be in use. */
  readonly onUse: (channelId: string, isUsed: boolean) => void;
}

const recountMs = 250;
const threadsMax = 20;

/** The state of a channel: loaded and followed while one of its parts is in use, released afterwards. */
export abstract class ChannelBase implements ThreadOwner {
  readonly #usage = new Usage(
    () => this.#begin(),
    () => this.#end(),
  );
  /** Counts who uses a part of the channel. */
  readonly track = this.#usage.track;
  readonly status = new State<ChannelStatus>({ name: 'idle' }, this.track);
  readonly info = new State<ChannelInfo | null>(null, this.track);
  readonly typing = new Typing([], this.track);
  readonly receipts: Positions;
  readonly messages: TimelineObject;
  readonly members: MemberList;
  readonly presence: State<ChannelPresence>;
  protected readonly changes: Changes;
  protected readonly counts: Counts;
  protected readonly handlers = new Set<(entry: Entry) => void>();
  protected readonly threads = new Map<string, ThreadObject>();
  #beginning: Promise<void> | null = null;
  #stopping = new AbortController();
  #isSeeded = false;
  #recounting: ReturnType<typeof setTimeout> | undefined;

  constructor(
    readonly id: string,
    protected readonly shared: Shared,
  ) {
    const { hub } = shared;
    this.counts = new Counts(hub.accountId, this.track, () => this.recount());
    this.changes = new Changes(hub, id, () => this.refresh());
    this.members = new MemberList(hub, id, this.track);
    this.presence = shared.presence.ofChannel(id, this.track);
    this.receipts = new Positions(new Map(), (isUsed) => {
      this.track(isUsed);
      if (isUsed) void this.loadReceipts();
    });
    this.messages = new TimelineObject(this);
  }

  get hub(): Hub {
    return this.shared.hub;
  }

  get unread(): State<Unread> {
    return this.counts.unread;
  }

  get last(): State<Message | null> {
    return this.counts.last;
  }

  isFollowed(): boolean {
    return this.status.value.name === 'live';
  }

  accountId(): string | null {
    return this.hub.accountId();
  }

  /** Resolves when the channel is followed; rejects when the account may not read it. */
  ready(): Promise<void> {
    return this.#beginning ?? Promise.resolve();
  }

  thread(rootId: string): ThreadObject {
    const known = this.threads.get(rootId);
    if (known) return known;
    for (const [id, { isUsed }] of this.threads) {
      if (this.threads.size >= threadsMax && !isUsed) this.threads.delete(id);
    }
    const thread = new ThreadObject(this, rootId);
    this.threads.set(rootId, thread);
    return thread;
  }

  /** What a list of channels knows. It begins to follow from there. */
  seed(summary: SummarizedChannel): void {
    const { id, kind, title, slug, partner = null, closedAt } = summary;
    this.info.set({ id, kind, title, slug, partner, closedAt });
    this.#isSeeded = true;
    if (!this.counts.take(summary)) this.recount();
  }

  /** The account cannot read it any more. */
  refused(error: unknown): void {
    if (!isParleyError(error)) return;
    this.hub.log('warn', 'a channel is not available', { channelId: this.id, reason: error.reason });
    this.status.set({ name: 'refused', error });
  }

  /** The account may read it again. */
  restart(): void {
    if (this.status.value.name !== 'refused') return;
    this.#isSeeded = false;
    this.#begin();
    this.missed();
  }

  /** Releases what it holds. */
  end(): void {
    this.#usage.end();
  }

  #begin(): void {
    this.#stopping = new AbortController();
    this.shared.onUse(this.id, true);
    this.status.set({ name: 'loading' });
    this.#beginning = this.#follow(this.#stopping.signal);
    this.#beginning.catch((error: unknown) => this.refused(error));
  }

  async #follow(signal: AbortSignal): Promise<void> {
    if (!this.#isSeeded) this.seed(await this.#summary(signal));
    if (!this.isDirect) this.hub.follow(this.id, this.counts.head);
    this.status.set({ name: 'live' });
  }

  #end(): void {
    this.#stopping.abort();
    clearTimeout(this.#recounting);
    this.#recounting = undefined;
    this.shared.onUse(this.id, false);
    if (this.isFollowed() && !this.isDirect) this.hub.unfollow(this.id);
    this.#beginning = null;
    this.#isSeeded = false;
    this.status.set({ name: 'idle' });
    this.released();
    this.counts.forget();
    this.receipts.clear();
    this.typing.clear();
    this.members.reset();
    this.threads.clear();
  }

  protected get isDirect(): boolean {
    return this.info.value?.kind === 'direct';
  }

  /** Rooms and topics have no receipts. */
  protected get hasReceipts(): boolean {
    return this.isDirect || this.info.value?.kind === 'group';
  }

  #summary(signal: AbortSignal): Promise<SummarizedChannel> {
    return this.hub.retry(() => this.hub.rest.channel(this.id, { summary: true }, { signal }), { signal });
  }

  protected recount(): void {
    if (!this.#usage.isActive) return;
    const { signal } = this.#stopping;
    const recount = async (): Promise<void> => {
      this.#recounting = undefined;
      try {
        this.seed(await this.#summary(signal));
      } catch (error) {
        if (!signal.aborted) this.refused(error);
      }
    };
    this.#recounting ??= setTimeout(() => void recount(), recountMs);
  }

  protected async loadReceipts(): Promise<void> {
    const { signal } = this.#stopping;
    try {
      await this.ready();
      if (!this.hasReceipts) return;
      const load = () => this.hub.rest.receipts(this.id, {}, { signal });
      const { positions } = await this.hub.retry(load, { signal });
      const others = positions.filter(({ accountId }) => accountId !== this.accountId());
      if (this.receipts.put(others)) this.refresh();
    } catch (error) {
      if (!isParleyError(error) && !signal.aborted) throw error;
    }
  }

  /** Entries of a channel were missed: what is here is loaded again. */
  abstract missed(): void;
  abstract refresh(): void;
  abstract changed(message: Message): Message;
  abstract stateOf(sequence: number): MessageState;
  abstract localsOf(rootId: string | null): readonly TimelineMessage[];
  abstract pageLoaded(page: MessagePage, isLast: boolean): void;
  abstract send(text: string, options?: SendOptions): LocalMessage;
  /** The channel is not used any more. */
  protected abstract released(): void;
}
