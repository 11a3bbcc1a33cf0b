import { react } from '../entries.js';
import type { Abortable } from '../observable.js';
import { abortable } from '../retry.js';
import type { Entry, Message } from '../types.js';
import { ChannelCore } from './channel-core.js';
import type { LiveChannel, ReceiptPosition } from './types.js';

/** What an application does with a channel. */
export class ChannelObject extends ChannelCore implements LiveChannel {
  onEntry(handler: (entry: Entry) => void): () => void {
    const own = (entry: Entry): void => handler(entry);
    this.handlers.add(own);
    this.track(true);
    return () => {
      if (this.handlers.delete(own)) this.track(false);
    };
  }

  retry(clientId: string): void {
    this.shared.queue.retry(clientId);
  }

  discard(clientId: string): void {
    this.shared.queue.discard(clientId);
  }

  edit(messageId: string, text: string, options?: Abortable): Promise<void> {
    const content = { type: 'text', text } as const;
    return this.#change('message.edit', { messageId, content }, options, (message) => ({ ...message, content }));
  }

  delete(messageId: string, options?: Abortable): Promise<void> {
    const content = { type: 'text', text: '' } as const;
    const deletedAt = new Date().toISOString();
    return this.#change('message.delete', { messageId }, options, (message) => ({
      ...message,
      content,
      deletedAt,
      reactions: [],
    }));
  }

  react(messageId: string, emoji: string, options?: Abortable): Promise<void> {
    return this.#change('message.react', { messageId, emoji }, options, (message) => {
      const known = message.reactions.find((each) => each.emoji === emoji);
      return known?.mine ? message : react(message, emoji, (known?.count ?? 0) + 1, true);
    });
  }

  unreact(messageId: string, emoji: string, options?: Abortable): Promise<void> {
    return this.#change('message.unreact', { messageId, emoji }, options, (message) => {
      const known = message.reactions.find((each) => each.emoji === emoji);
      return known?.mine ? react(message, emoji, known.count - 1, false) : message;
    });
  }

  pin(messageId: string, options?: Abortable): Promise<void> {
    const pinnedAt = new Date().toISOString();
    return this.#change('message.pin', { messageId }, options, (message) => ({ ...message, pinnedAt }));
  }

  unpin(messageId: string, options?: Abortable): Promise<void> {
    return this.#change('message.unpin', { messageId }, options, (message) => ({ ...message, pinnedAt: null }));
  }

  async pins(options?: Abortable): Promise<readonly Message[]> {
    return (await this.hub.rest.pins(this.id, options)).messages;
  }

  async markRead(sequence = this.last.value?.sequence ?? 0, { signal }: Abortable = {}): Promise<void> {
    if (sequence === 0) return;
    const isPart = this.counts.read(sequence);
    // The server counts what is left when it has the position.
    const stored = this.shared.receipts.read(this.id, sequence).then(() => isPart && this.recount());
    await abortable(stored, signal);
  }

  async countReceipts(at: number, options?: Abortable): Promise<ReceiptPosition> {
    const { counts } = await this.hub.rest.receipts(this.id, { at }, options);
    return counts ?? { read: 0, delivered: 0 };
  }

  sendTyping(): void {
    if (this.typing.isDue()) this.hub.notify('typing.start', { channelId: this.id });
  }

  #change(
    method: `message.${string}`,
    params: { readonly messageId: string; readonly [name: string]: unknown },
    options: Abortable | undefined,
    apply: (message: Message) => Message,
  ): Promise<void> {
    return this.changes.make(method, params, apply, { ...options, position: () => this.position() });
  }
}
