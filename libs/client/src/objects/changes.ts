import { newClientId } from '../client-id.js';
import type { Abortable } from '../observable.js';
import { tooLate } from '../outbox.js';
import type { MethodName } from '../protocol.js';
import type { Entry, Message } from '../types.js';
import type { Hub } from './hub.js';

interface Change {
  readonly messageId: string;
  readonly apply: (message: Message) => Message;
  /** The sequence of the change; null until the server has confirmed it. */
  sequence: number | null;
}

/** How long a change is tried, in milliseconds. */
const deadlineMs = 60_000;

/** Changes of messages by this client: shown at once, taken back when they are refused, dropped when the stream has them. */
export class Changes {
  #changes: Change[] = [];
  /** The last change of each message: changes of one message are made one after another. */
  readonly #last = new Map<string, Promise<unknown>>();

  constructor(
    private readonly hub: Pick<Hub, 'retry' | 'request'>,
    private readonly channelId: string,
    private readonly onChange: () => void,
  ) {}

  apply(message: Message): Message {
    return this.#changes.reduce(
      (changed, each) => (each.messageId === message.id ? each.apply(changed) : changed),
      message,
    );
  }

  /** Everything up to this sequence is part of what is shown. */
  settle(upTo: number): void {
    const left = this.#changes.filter(({ sequence }) => sequence === null || sequence > upTo);
    if (left.length === this.#changes.length) return;
    this.#changes = left;
    this.onChange();
  }

  async make(
    method: MethodName | `message.${string}`,
    params: { readonly messageId: string; readonly [name: string]: unknown },
    apply: Change['apply'],
    { signal, position }: Abortable & { readonly position: () => number },
  ): Promise<void> {
    const change: Change = { messageId: params.messageId, apply, sequence: null };
    this.#changes.push(change);
    this.onChange();
    const clientId = newClientId();
    const deadline = new AbortController();
    const timer = setTimeout(() => deadline.abort(tooLate()), deadlineMs);
    const either = signal ? AbortSignal.any([signal, deadline.signal]) : deadline.signal;
    const request = (): Promise<{ readonly entry: Entry }> =>
      this.hub.request(method, { ...params, channelId: this.channelId, clientId });
    const making = (this.#last.get(params.messageId) ?? Promise.resolve())
      .catch(() => {})
      .then(() => this.hub.retry(request, { signal: either }));
    this.#last.set(params.messageId, making);
    try {
      const { entry } = await making;
      change.sequence = entry.sequence;
      this.settle(position());
    } catch (error) {
      this.#changes = this.#changes.filter((each) => each !== change);
      this.onChange();
      throw error;
    } finally {
      clearTimeout(timer);
      if (this.#last.get(params.messageId) === making) this.#last.delete(params.messageId);
    }
  }
}
