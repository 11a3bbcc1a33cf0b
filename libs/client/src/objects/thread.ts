import type { Abortable } from '../observable.js';
import { State } from '../state.js';
import type { Entry, Message, MessagePage, PagePosition } from '../types.js';
import { TimelineObject } from './timeline.js';
import type { TimelineOwner } from './timeline.js';
import { fold } from '../entries.js';
import type { LocalMessage, SendOptions, Thread, TimelineMessage, Unread } from './types.js';

/** What a thread needs of its channel, besides what every timeline needs. */
export interface ThreadOwner extends TimelineOwner {
  send(text: string, options: SendOptions): LocalMessage;
}

/** The replies of a message. */
export class ThreadObject extends TimelineObject implements Thread {
  readonly root: State<TimelineMessage | null>;
  readonly unread: State<Unread>;
  #root: Message | null = null;
  /** Up to which sequence entries are part of the root and of the count. */
  #head = 0;

  constructor(
    protected override readonly channel: ThreadOwner,
    readonly rootId: string,
  ) {
    super(channel, rootId);
    this.root = new State<TimelineMessage | null>(null, (isUsed) => this.use(isUsed));
    this.unread = new State<Unread>({ count: 0, mentions: 0, read: 0 }, (isUsed) => this.use(isUsed));
  }

  send(text: string, options: Omit<SendOptions, 'threadRoot'> = {}): LocalMessage {
    return this.channel.send(text, { ...options, threadRoot: this.rootId });
  }

  async markRead(sequence = this.items.findLast((item) => item.sequence !== null)?.sequence, options?: Abortable) {
    if (typeof sequence !== 'number') return;
    const { value } = this.unread;
    const last = this.items.findLast((item) => item.sequence !== null)?.sequence ?? 0;
    if (sequence >= last) this.unread.set({ count: 0, mentions: 0, read: Math.max(sequence, value.read) });
    const { hub } = this.channel;
    const { unread } = await hub.retry(() => hub.rest.readThread(this.rootId, sequence, options), options);
    this.unread.set({ ...this.unread.value, count: unread });
  }

  protected override fold(entry: Entry): boolean {
    const isChanged = super.fold(entry);
    if (!this.#root || entry.sequence <= this.#head) return isChanged;
    this.#head = entry.sequence;
    const root = fold(this.#root, entry, this.accountId);
    const isReply = entry.kind === 'message.created' && entry.message.threadRoot === this.rootId;
    if (isReply) this.#count(entry.message.sender.id === this.accountId, entry.sequence);
    const isRootChanged = root !== this.#root;
    this.#root = root;
    return isChanged || isRootChanged;
  }

  override refresh(): void {
    super.refresh();
    if (this.#root) this.root.set(this.viewOf(this.#root));
  }

  protected override get ownUnread(): Unread {
    return this.unread.value;
  }

  protected override async loadPage(position: PagePosition, options: Abortable): Promise<MessagePage> {
    const { hub } = this.channel;
    const page = await hub.retry(() => hub.rest.thread(this.rootId, position, options), options);
    this.unread.set({ count: page.unread, mentions: 0, read: page.read });
    [this.#root, this.#head] = [page.root, page.head];
    return page;
  }

  #count(isOwn: boolean, sequence: number): void {
    const { value } = this.unread;
    if (isOwn) this.unread.set({ count: 0, mentions: 0, read: sequence });
    else if (sequence > value.read) this.unread.set({ ...value, count: value.count + 1 });
  }
}
