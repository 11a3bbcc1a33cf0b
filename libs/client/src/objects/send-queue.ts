import { newClientId } from '../client-id.js';
import { ParleyError, isParleyError } from '../parley-error.js';
import type { SavedMessage, Sent } from '../types.js';
import type { Hub } from './hub.js';
import type { LocalMessage, SendOptions } from './types.js';

/** How many messages, and characters of text, may wait. */
const countMax = 500;
const lengthMax = 1_000_000;

/** A message that is not stored yet. */
export class QueuedMessage implements LocalMessage {
  sent!: Promise<Sent>;
  #resolve!: (sent: Sent) => void;
  #reject!: (error: unknown) => void;
  /** Aborts the attempts; aborted when the message is not in the queue any more. */
  readonly stopping = new AbortController();
  error: ParleyError | null = null;
  /** null: not stored yet. */
  sequence: number | null = null;
  /** The stream has shown it before the answer arrived. */
  isShown = false;

  constructor(
    readonly saved: SavedMessage,
    private readonly queue: SendQueue,
  ) {
    this.begin();
  }

  get clientId(): string {
    return this.saved.clientId;
  }

  /** It is to be sent: for the first time, or again. */
  begin(): void {
    this.error = null;
    this.sent = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // An application that does not look at it sees the state of the message.
    this.sent.catch(() => {});
  }

  retry(): Promise<Sent> {
    this.queue.retry(this.clientId);
    return this.sent;
  }

  discard(): void {
    this.queue.discard(this.clientId);
  }

  stored(sent: Sent): void {
    this.sequence = sent.sequence;
    this.#resolve(sent);
  }

  failed(error: unknown): void {
    this.#reject(error);
  }
}

/** Messages of channel objects until they are stored: in the storage, sent in the order of the calls, one after another in each channel. */
export class SendQueue {
  readonly #messages = new Map<string, QueuedMessage>();
  readonly #sending = new Set<string>();

  constructor(
    private readonly hub: Pick<Hub, 'outboxChanged' | 'retry' | 'request'>,
    private readonly onChange: (channelId: string) => void,
  ) {}

  /** Messages of an earlier run. */
  restore(outbox: readonly SavedMessage[]): void {
    for (const saved of outbox) {
      if (this.#messages.has(saved.clientId)) continue;
      this.#messages.set(saved.clientId, new QueuedMessage(saved, this));
    }
    for (const channelId of new Set(outbox.map((saved) => saved.channelId))) this.#changed(channelId);
  }

  of(channelId: string): QueuedMessage[] {
    return [...this.#messages.values()].filter(({ saved }) => saved.channelId === channelId);
  }

  add(channelId: string, text: string, { signal, clientId = newClientId(), ...options }: SendOptions): QueuedMessage {
    const known = this.#messages.get(clientId);
    if (known) return known;
    const saved = { clientId, channelId, text, at: new Date().toISOString(), ...options };
    const message = new QueuedMessage(saved, this);
    const length = [...this.#messages.values()].reduce((sum, { saved }) => sum + saved.text.length, text.length);
    if (this.#messages.size >= countMax || length > lengthMax) {
      message.failed(new ParleyError('exhausted', 'outbox_full', 'Too many messages wait for a connection'));
      return message;
    }
    this.#messages.set(clientId, message);
    const abort = (): void => this.discard(clientId, signal?.reason);
    if (signal?.aborted) abort();
    signal?.addEventListener('abort', abort, { signal: message.stopping.signal });
    this.#changed(channelId);
    return message;
  }

  retry(clientId: string): void {
    const message = this.#messages.get(clientId);
    if (!message?.error) return;
    message.begin();
    this.#changed(message.saved.channelId);
  }

  discard(clientId: string, reason: unknown = discarded()): void {
    const message = this.#messages.get(clientId);
    if (!message) return;
    message.stopping.abort(reason);
    message.failed(reason);
    this.remove(message);
  }

  /** The stream or a page shows it, perhaps before the server's answer. */
  shown(message: QueuedMessage): void {
    message.isShown = true;
    if (message.sequence !== null) this.remove(message);
  }

  /** It is stored, or discarded. */
  remove(message: QueuedMessage): void {
    message.stopping.abort();
    if (this.#messages.delete(message.clientId)) this.#changed(message.saved.channelId);
  }

  #changed(channelId: string): void {
    const waiting = [...this.#messages.values()].filter(({ sequence }) => sequence === null);
    this.hub.outboxChanged(waiting.map(({ saved }) => saved));
    this.onChange(channelId);
    if (!this.#sending.has(channelId)) void this.#drain(channelId);
  }

  async #drain(channelId: string): Promise<void> {
    this.#sending.add(channelId);
    for (;;) {
      const next = this.of(channelId).find(({ error, sequence }) => !error && sequence === null);
      if (!next) break;
      await this.#send(next);
    }
    this.#sending.delete(channelId);
  }

  async #send(message: QueuedMessage): Promise<void> {
    const { signal } = message.stopping;
    const { at: _, text, ...params } = message.saved;
    const content = { type: 'text', text };
    try {
      message.stored(
        await this.hub.retry(() => this.hub.request<Sent>('message.send', { ...params, content }), { signal }),
      );
    } catch (error) {
      if (signal.aborted) return;
      // It stays in the storage: the next run tries it again.
      message.error = isParleyError(error) ? error : new ParleyError('internal', 'client_failed', 'It was not sent');
      message.failed(message.error);
    }
    if (message.isShown) this.remove(message);
    else this.#changed(message.saved.channelId);
  }
}

const discarded = (): ParleyError => new ParleyError('conflict', 'discarded', 'The message was discarded');
