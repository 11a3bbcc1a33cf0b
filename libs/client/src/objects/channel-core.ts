import { isParleyError } from '../parley-error.js';
import type { Notifications } from '../protocol.js';
import { reportError } from '../report-error.js';
import { State } from '../state.js';
import type { Entry, Message, MessagePage, SummarizedChannel } from '../types.js';
import { Changes } from './changes.js';
import { Counts } from './counts.js';
import type { Hub } from './hub.js';
import { localView } from './local-view.js';
import { MemberList } from './member-list.js';
import { Positions } from './positions.js';
import type { PresenceObject } from './presence.js';
import type { ReceiptReporter } from './receipt-reporter.js';
import type { SendQueue } from './send-queue.js';
import { ThreadObject } from './thread.js';
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
  readonly onUse: (channel: ChannelCore, isUsed: boolean) => void;
}

const recountMs = 250;
const threadsMax = 20;

/** The state of a channel: loaded and followed while one of its parts is in use, released afterwards. */
export class ChannelCore {
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
  readonly max: number;
  protected readonly changes: Changes;
  protected readonly counts: Counts;
  protected readonly handlers = new Set<(entry: Entry) => void>();
  readonly #threads = new Map<string, ThreadObject>();
  #beginning: Promise<void> | null = null;
  #stopping = new AbortController();
  #isSeeded = false;
  #deliveredTo = 0;
  #recounting: ReturnType<typeof setTimeout> | undefined;

  constructor(
    readonly id: string,
    protected readonly shared: Shared,
  ) {
    const { hub } = shared;
    this.max = hub.timelineMax;
    this.counts = new Counts(hub.accountId, this.track, () => this.#recount());
    this.changes = new Changes(hub, id, () => this.refresh());
    this.members = new MemberList(hub, id, this.track);
    this.presence = shared.presence.ofChannel(id, this.track);
    this.receipts = new Positions(new Map(), (isUsed) => {
      this.track(isUsed);
      if (isUsed) void this.#loadReceipts();
    });
    this.messages = this.#timeline();
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
    const known = this.#threads.get(rootId);
    if (known) return known;
    for (const [id, { isUsed }] of this.#threads) {
      if (this.#threads.size >= threadsMax && !isUsed) this.#threads.delete(id);
    }
    const thread = new ThreadObject(this, rootId);
    this.#threads.set(rootId, thread);
    return thread;
  }

  send(text: string, options: SendOptions = {}): LocalMessage {
    return this.shared.queue.add(this.id, text, options);
  }

  /** What a list of channels knows. It begins to follow from there. */
  seed(summary: SummarizedChannel): void {
    const { id, kind, title, slug, partner = null, closedAt } = summary;
    this.info.set({ id, kind, title, slug, partner, closedAt });
    this.#isSeeded = true;
    if (!this.counts.take(summary)) this.#recount();
  }

  /** An entry of the channel's stream: each once, in order, unless `missed` is called. */
  entry(entry: Entry): void {
    if (entry.kind === 'message.created') {
      this.typing.stopped(entry.message.sender.id);
      this.#arrived([entry.message]);
      if (entry.message.sender.id !== this.accountId()) this.#delivered(entry.sequence);
    }
    this.counts.apply(entry);
    this.messages.apply(entry);
    for (const thread of this.#threads.values()) thread.apply(entry);
    this.#settle(entry.sequence);
    for (const handler of this.handlers) {
      try {
        handler(entry);
      } catch (error) {
        reportError(error);
      }
    }
  }

  /** Entries were missed: what is here is loaded again. */
  missed(): void {
    this.counts.forget();
    this.#recount();
    this.messages.reload();
    for (const thread of this.#threads.values()) thread.reload();
  }

  /** There is a new connection. What is not numbered may have changed meanwhile. */
  reconnected(): void {
    this.typing.clear();
    if (!this.messages.isUsed && !this.receipts.isUsed) return;
    this.members.reset();
    void this.#loadReceipts();
    this.#recount();
  }

  receiptChanged({ accountId, ...position }: { accountId: string; read: number; delivered: number }): void {
    if (accountId === this.accountId()) this.counts.read(position.read);
    else if (this.receipts.put([{ accountId, ...position }])) this.refresh();
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

  channelChanged({ channel: { title, slug, closedAt } }: Notifications['channel.changed']): void {
    if (this.info.value) this.info.set({ ...this.info.value, title, slug, closedAt });
  }

  /** Shows what this client did. */
  refresh(): void {
    this.messages.refresh();
    for (const thread of this.#threads.values()) thread.refresh();
  }

  changed(message: Message): Message {
    return this.changes.apply(message);
  }

  stateOf(sequence: number): MessageState {
    return this.receipts.stateOf(sequence);
  }

  /** Releases what it holds. */
  end(): void {
    this.#usage.end();
  }

  localsOf(rootId: string | null): readonly TimelineMessage[] {
    const locals = this.shared.queue.of(this.id).filter(({ isShown }) => !isShown);
    const sender = { id: this.accountId() ?? '', name: this.hub.accountName() };
    const views = locals.map((local) => localView(local, sender));
    return views.filter((view) => (rootId === null ? view.inChannel : view.threadRoot === rootId));
  }

  pageLoaded(page: MessagePage, isLast: boolean): void {
    this.#arrived(page.messages);
    if (isLast) this.#settle(page.head);
    const last = page.messages.findLast(({ sender }) => sender.id !== this.accountId());
    if (last) this.#delivered(last.sequence);
    if (this.receipts.value.size === 0) void this.#loadReceipts();
  }

  protected position(): number {
    return this.isFollowed() ? this.counts.head : Infinity;
  }

  #timeline(): TimelineObject {
    return new TimelineObject({
      max: this.max,
      accountId: () => this.accountId(),
      track: this.track,
      ready: () => this.ready(),
      isFollowed: () => this.isFollowed(),
      load: (position, options) => this.hub.retry(() => this.hub.rest.history(this.id, position, options), options),
      accepts: ({ inChannel }) => inChannel,
      readPosition: () => this.unread.value.read,
      pageLoaded: (page, isLast) => this.pageLoaded(page, isLast),
      changed: (message) => this.changed(message),
      stateOf: (sequence) => this.stateOf(sequence),
      locals: () => this.localsOf(null),
    });
  }

  #begin(): void {
    this.#stopping = new AbortController();
    this.shared.onUse(this, true);
    this.status.set({ name: 'loading' });
    this.#beginning = this.#follow(this.#stopping.signal);
    this.#beginning.catch((error: unknown) => this.refused(error));
  }

  async #follow(signal: AbortSignal): Promise<void> {
    if (!this.#isSeeded) this.seed(await this.#summary(signal));
    if (!this.#isDirect) this.hub.follow(this.id, this.counts.head);
    this.status.set({ name: 'live' });
  }

  #end(): void {
    this.#stopping.abort();
    clearTimeout(this.#recounting);
    this.#recounting = undefined;
    this.shared.onUse(this, false);
    if (this.isFollowed() && !this.#isDirect) this.hub.unfollow(this.id);
    this.#beginning = null;
    this.#isSeeded = false;
    this.status.set({ name: 'idle' });
    this.#settle(Infinity);
    this.counts.forget();
    this.receipts.clear();
    this.typing.clear();
    this.members.reset();
    this.#threads.clear();
  }

  get #isDirect(): boolean {
    return this.info.value?.kind === 'direct';
  }

  /** Rooms and topics have no receipts. */
  get #hasReceipts(): boolean {
    return this.#isDirect || this.info.value?.kind === 'group';
  }

  #summary(signal: AbortSignal): Promise<SummarizedChannel> {
    return this.hub.retry(() => this.hub.rest.channel(this.id, { summary: true }, { signal }), { signal });
  }

  #recount(): void {
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

  async #loadReceipts(): Promise<void> {
    const { signal } = this.#stopping;
    try {
      await this.ready();
      if (!this.#hasReceipts) return;
      const load = () => this.hub.rest.receipts(this.id, {}, { signal });
      const { positions } = await this.hub.retry(load, { signal });
      const others = positions.filter(({ accountId }) => accountId !== this.accountId());
      if (this.receipts.put(others)) this.refresh();
    } catch (error) {
      if (!isParleyError(error) && !signal.aborted) throw error;
    }
  }

  #delivered(sequence: number): void {
    if (!this.hub.reportsDelivered || !this.#hasReceipts || sequence <= this.#deliveredTo) return;
    this.#deliveredTo = sequence;
    this.shared.receipts.delivered(this.id, sequence);
  }

  /** Own messages that are here now need no local echo. */
  #arrived(messages: readonly Message[]): void {
    const locals = this.shared.queue.of(this.id);
    if (locals.length === 0) return;
    const own = messages.filter(({ sender }) => sender.id === this.accountId());
    const ids = new Set(own.map(({ clientId }) => clientId));
    for (const local of locals) if (ids.has(local.clientId)) this.shared.queue.shown(local);
  }

  /** Everything up to this sequence is here. */
  #settle(sequence: number): void {
    this.changes.settle(sequence);
    for (const local of this.shared.queue.of(this.id)) {
      if (local.sequence !== null && local.sequence <= sequence) this.shared.queue.remove(local);
    }
  }
}
