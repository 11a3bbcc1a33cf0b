import { ParleyError, isParleyError, isRetryable } from './parley-error.js';
import type { Result, SendRequest } from './protocol.js';
import type { RestApi } from './rest-api.js';
import { Stream } from './stream.js';
import type { StreamAnswer } from './stream.js';
import type { ChannelSummary, Delivery, Message, Saved } from './types.js';

/** Result of `ParleyClient.attach`. */
export interface Attached {
  readonly channel: ChannelSummary;
  /** The last sequence of the channel when it was attached. */
  readonly head: number;
}

export interface StreamsOptions {
  readonly rest: RestApi;
  readonly request: SendRequest;
  readonly whenConnected: () => Promise<void>;
  readonly deliver: (delivery: Delivery) => void;
  readonly onMoved: () => void;
  readonly onDetached: (channelId: string | null, error: ParleyError) => void;
  readonly retryMs: (error: ParleyError) => number;
}

/** How many channels one resume request may name. */
const resumeMax = 500;

/** The streams of the client: the inbox, and the attached channels. */
export class Streams {
  readonly #channels = new Map<string, Stream>();
  /** Last sequences of channels that are not attached now, for the next attach. */
  readonly #remembered = new Map<string, number>();
  #inbox: Stream;

  constructor(private readonly options: StreamsOptions) {
    this.#inbox = this.#inboxStream(null);
  }

  restore({ inbox, channels }: Saved): void {
    if (inbox !== undefined) this.#inbox = this.#inboxStream(inbox);
    for (const [id, last] of Object.entries(channels ?? {})) this.#remembered.set(id, last);
  }

  get positions(): Pick<Saved, 'inbox' | 'channels'> {
    const held = [...this.#channels].flatMap(([id, { cursor }]) => (cursor.last === null ? [] : [[id, cursor.last]]));
    const inbox = this.#inbox.cursor.last;
    const channels = Object.fromEntries([...this.#remembered, ...held]) as Record<string, number>;
    return { ...(inbox !== null && { inbox }), channels };
  }

  pushed(message: Message, inboxSequence: number | undefined): void {
    if (inboxSequence !== undefined) this.#inbox.push(inboxSequence, { message, inboxSequence });
    else this.#channels.get(message.channelId)?.push(message.sequence, { message });
  }

  /** Sets the starting position of the inbox for a client without a saved one: now. */
  async begin(): Promise<void> {
    if (this.#inbox.cursor.last !== null) return;
    const { head } = await this.options.rest.inbox({ after: Number.MAX_SAFE_INTEGER, limit: 1 });
    this.#inbox.cursor.startAfter(head);
    this.options.onMoved();
  }

  /** Resumes all streams on a new connection, each from its own position. Resolves when all were tried. */
  async resume(): Promise<void> {
    const known = [...this.#channels].filter(([, stream]) => stream.cursor.last !== null);
    const taken = [this.#resumeOnce(known.slice(0, resumeMax), this.#inbox)];
    for (let from = resumeMax; from < known.length; from += resumeMax) {
      taken.push(this.#resumeOnce(known.slice(from, from + resumeMax), null));
    }
    for (const [id, stream] of this.#channels) {
      if (stream.cursor.last === null) taken.push(stream.take(() => this.#ask(id, undefined)));
    }
    await Promise.all(taken);
  }

  /** Receives a channel from after `after`, else from its last position, else from now. Retries until the server accepts or refuses. */
  async attach(channelId: string, after: number | undefined): Promise<Attached> {
    const stream = this.#streamOf(channelId, after);
    for (;;) {
      await this.options.whenConnected();
      if (this.#channels.get(channelId) !== stream) throw superseded();
      try {
        return await this.#attached(channelId, stream);
      } catch (error) {
        if (!isParleyError(error) || !isRetryable(error)) throw error;
        const ms = this.options.retryMs(error);
        await new Promise((resolve) => setTimeout(resolve, ms));
      }
    }
  }

  /** Returns false when the channel was not attached. */
  detach(channelId: string): boolean {
    const stream = this.#channels.get(channelId);
    if (!stream) return false;
    stream.stop();
    this.#channels.delete(channelId);
    if (stream.cursor.last !== null) this.#remembered.set(channelId, stream.cursor.last);
    return true;
  }

  stop(): void {
    this.#inbox.stop();
    for (const stream of this.#channels.values()) stream.stop();
  }

  #streamOf(channelId: string, after: number | undefined): Stream {
    const held = this.#channels.get(channelId);
    if (held && after === undefined) return held;
    held?.stop();
    const stream = this.#channelStream(channelId, after ?? this.#remembered.get(channelId) ?? null);
    this.#channels.set(channelId, stream);
    return stream;
  }

  // The stream takes the answer, and the caller of `attach` receives a part of it.
  async #attached(channelId: string, stream: Stream): Promise<Attached> {
    const asking = this.#ask(channelId, stream.cursor.last ?? undefined);
    await stream.take(() => asking);
    const { channel, ...answer } = await asking;
    return { channel, head: answer.head };
  }

  #ask(channelId: string, after: number | undefined): Promise<Result<'channel.attach'>> {
    return this.options.request('channel.attach', { channelId, ...(after !== undefined && { after }) });
  }

  async #resumeOnce(channels: readonly (readonly [string, Stream])[], inbox: Stream | null): Promise<void> {
    const last = channels.flatMap(([id, { cursor }]) => (cursor.last === null ? [] : [[id, cursor.last] as const]));
    const inboxLast = inbox?.cursor.last ?? null;
    const asking = this.options.request('session.resume', {
      channels: Object.fromEntries(last),
      ...(inboxLast !== null && { inbox: inboxLast }),
    });
    const part = (pick: (answer: Result<'session.resume'>) => StreamAnswer | undefined) => async () => {
      const answer = pick(await asking);
      if (!answer) throw new ParleyError('internal', 'not_resumed', 'The server left a stream out of its answer');
      return answer;
    };
    await Promise.all([
      ...(inbox ? [inbox.take(part((answer) => answer.inbox))] : []),
      ...channels.map(([id, stream]) => stream.take(part((answer) => answer.channels[id]))),
    ]);
  }

  #channelStream(channelId: string, last: number | null): Stream {
    const { rest, onDetached } = this.options;
    return new Stream({
      ...this.#common(last),
      resume: (after) => this.#ask(channelId, after),
      page: async (after) => {
        const { messages, more, head } = await rest.history(channelId, { after, limit: 500 });
        return {
          entries: messages.map((message) => ({
            sequence: message.sequence,
            delivery: { message: message as Message },
          })),
          more,
          head,
        };
      },
      onRefused: (error) => {
        this.detach(channelId);
        onDetached(channelId, error);
      },
    });
  }

  #inboxStream(last: number | null): Stream {
    const { rest, request } = this.options;
    return new Stream({
      ...this.#common(last),
      resume: async (inbox) => {
        const answer = await request('session.resume', { inbox, channels: {} });
        return answer.inbox ?? { outcome: 'replayed', count: 0, head: inbox };
      },
      page: async (after) => {
        const { entries, more, head } = await rest.inbox({ after, limit: 500 });
        const deliveries = entries.map(({ sequence, message }) => ({
          sequence,
          delivery: { message: message as Message, inboxSequence: sequence },
        }));
        return { entries: deliveries, more, head };
      },
      onRefused: (error) => this.options.onDetached(null, error),
    });
  }

  #common(last: number | null) {
    const { deliver, onMoved, retryMs } = this.options;
    const told = (delivery: Delivery): void => {
      deliver(delivery);
      onMoved();
    };
    return { last, deliver: told, retryMs };
  }
}

const superseded = (): ParleyError =>
  new ParleyError('conflict', 'attach_superseded', 'The channel was detached or attached anew meanwhile');
