import type { Notifications } from '../protocol.js';
import { reportError } from '../report-error.js';
import type { Entry, Message, MessagePage } from '../types.js';
import { ChannelBase } from './channel-base.js';
import { localView } from './local-view.js';
import type { LocalMessage, MessageState, SendOptions, TimelineMessage } from './types.js';

/** A channel as its stream and its users change it. */
export class ChannelCore extends ChannelBase {
  #deliveredTo = 0;

  send(text: string, options: SendOptions = {}): LocalMessage {
    return this.shared.queue.add(this.id, text, options);
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
    for (const thread of this.threads.values()) thread.apply(entry);
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
    this.recount();
    this.messages.reload();
    for (const thread of this.threads.values()) thread.reload();
  }

  /** There is a new connection. What is not numbered may have changed meanwhile. */
  reconnected(): void {
    this.typing.clear();
    if (!this.messages.isUsed && !this.receipts.isUsed) return;
    this.members.reset();
    void this.loadReceipts();
    this.recount();
  }

  receiptChanged({ accountId, ...position }: { accountId: string; read: number; delivered: number }): void {
    if (accountId === this.accountId()) {
      if (this.counts.read(position.read)) this.recount();
    } else if (this.receipts.put([{ accountId, ...position }])) this.refresh();
  }

  channelChanged({ channel: { title, slug, closedAt } }: Notifications['channel.changed']): void {
    if (this.info.value) this.info.set({ ...this.info.value, title, slug, closedAt });
  }

  /** Shows what this client did. */
  refresh(): void {
    this.messages.refresh();
    for (const thread of this.threads.values()) thread.refresh();
  }

  changed(message: Message): Message {
    return this.changes.apply(message);
  }

  stateOf(sequence: number): MessageState {
    return this.receipts.stateOf(sequence);
  }

  pageLoaded(page: MessagePage, isLast: boolean): void {
    this.#arrived(page.messages);
    if (isLast) this.#settle(page.head);
    const last = page.messages.findLast(({ sender }) => sender.id !== this.accountId());
    if (last) this.#delivered(last.sequence);
    if (this.receipts.value.size === 0) void this.loadReceipts();
  }

  protected position(): number {
    return this.isFollowed() ? this.counts.head : Infinity;
  }

  #delivered(sequence: number): void {
    if (!this.hub.reportsDelivered || !this.hasReceipts || sequence <= this.#deliveredTo) return;
    this.#deliveredTo = sequence;
    this.shared.receipts.delivered(this.id, sequence);
  }

  /** Everything up to this sequence is here. */
  #settle(sequence: number): void {
    this.changes.settle(sequence);
    for (const local of this.shared.queue.of(this.id)) {
      if (local.sequence !== null && local.sequence <= sequence) this.shared.queue.remove(local);
    }
  }

  localsOf(rootId: string | null): readonly TimelineMessage[] {
    const locals = this.shared.queue.of(this.id).filter(({ isShown }) => !isShown);
    const sender = { id: this.accountId() ?? '', name: this.hub.accountName() };
    const views = locals.map((local) => localView(local, sender));
    return views.filter((view) => (rootId === null ? view.inChannel : view.threadRoot === rootId));
  }

  /** Own messages that are here now need no local echo. */
  #arrived(messages: readonly Message[]): void {
    const locals = this.shared.queue.of(this.id);
    if (locals.length === 0) return;
    const own = messages.filter(({ sender }) => sender.id === this.accountId());
    const ids = new Set(own.map(({ clientId }) => clientId));
    for (const local of locals) if (ids.has(local.clientId)) this.shared.queue.shown(local);
  }

  protected override released(): void {
    this.#settle(Infinity);
  }
}
