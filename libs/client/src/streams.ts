import { ParleyError } from './parley-error.js';
import type { MethodName, Result } from './protocol.js';
import type { RestApi } from './rest-api.js';
import type { Retry } from './retry.js';
import { Stream } from './stream.js';
import type { StreamAnswer } from './stream.js';
import { pageOf } from './stream-page.js';
import type { ChannelSummary, Entry, Saved } from './types.js';

/** Result of `ParleyClient.attach`. */
export interface Attached {
  readonly channel: ChannelSummary;
  /** The last sequence of the channel when it was attached. */
  readonly head: number;
}

export interface StreamsOptions {
  readonly rest: RestApi;
  request<T>(method: MethodName, params: object): Promise<T>;
  readonly retry: Retry;
  /** `isAttached`: the application attached the channel, or it is the inbox; else only objects follow it. */
  deliver(entry: Entry, inboxSequence: number | undefined, isAttached: boolean): void;
  onMoved(): void;
  onMissed(channelId: string): void;
  onDetached(channelId: string | null, error: ParleyError): void;
  retryMs(error: ParleyError): number;
}

/** How many channels one resume request may name. */
const resumeMax = 500;

/** The streams of the client: the inbox, and the channels that the application attached or that objects follow. */
export class Streams {
  readonly #channels = new Map<string, Stream>();
  /** Last sequences of channels that are not attached now, for the next attach. */
  readonly #remembered = new Map<string, number>();
  /** Channels that objects follow. */
  readonly #followed = new Set<string>();
  /** Followed channels that no request has named yet. */
  readonly #newcomers = new Set<string>();
  #inbox: Stream;

  constructor(private readonly options: StreamsOptions) {
    this.#inbox = this.#inboxStream(null);
  }

  restore({ inbox, channels }: Saved): void {
    if (inbox !== undefined) this.#inbox = this.#inboxStream(inbox);
    for (const [id, last] of Object.entries(channels ?? {})) this.#remembered.set(id, last);
  }

  get positions(): Pick<Saved, 'inbox' | 'channels'> {
    const attached = [...this.#channels].filter(([, { options }]) => options.isComplete);
    const held = attached.flatMap(([id, { cursor }]) => (cursor.last === null ? [] : [[id, cursor.last]]));
    const inbox = this.#inbox.cursor.last;
    const channels = Object.fromEntries([...this.#remembered, ...held]) as Record<string, number>;
    return { ...(inbox !== null && { inbox }), channels };
  }

  pushed(entry: Entry, inboxSequence: number | undefined): void {
    if (inboxSequence !== undefined) this.#inbox.push(inboxSequence, { entry, inboxSequence });
    else this.#channels.get(entry.channelId)?.push(entry.sequence, { entry });
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
    this.#newcomers.clear();
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
  async attach(channelId: string, after: number | undefined, signal?: AbortSignal): Promise<Attached> {
    const stream = this.#streamOf(channelId, after);
    const attached = await this.options.retry(
      async () => {
        if (this.#channels.get(channelId) !== stream) throw superseded();
        return this.#attached(channelId, stream);
      },
      { signal },
    );
    // The next run goes on from here, even if nothing comes meanwhile.
    this.options.onMoved();
    return attached;
  }

  /** Receives a channel for its object, from after a sequence; entries that the server does not push any more are not read. */
  follow(channelId: string, after: number): void {
    this.#followed.add(channelId);
    if (this.#channels.has(channelId)) return;
    this.#channels.set(channelId, this.#channelStream(channelId, after, false));
    if (this.#newcomers.size === 0) queueMicrotask(() => this.#resumeNewcomers());
    this.#newcomers.add(channelId);
  }

  /** Returns whether the server may forget the channel. */
  unfollow(channelId: string): boolean {
    this.#followed.delete(channelId);
    const stream = this.#channels.get(channelId);
    if (!stream || stream.options.isComplete) return false;
    return this.#drop(channelId, stream);
  }

  /** Ends an attachment. Returns whether the server may forget the channel. */
  detach(channelId: string): boolean {
    const stream = this.#channels.get(channelId);
    if (!stream?.options.isComplete) return false;
    if (stream.cursor.last !== null) this.#remembered.set(channelId, stream.cursor.last);
    if (!this.#followed.has(channelId)) return this.#drop(channelId, stream);
    stream.options.isComplete = false;
    return false;
  }

  /** The server does not deliver the channel any more. Returns whether it was received. */
  lose(channelId: string): boolean {
    const stream = this.#channels.get(channelId);
    this.detach(channelId);
    this.unfollow(channelId);
    return stream !== undefined;
  }

  stop(): void {
    this.#inbox.stop();
    for (const stream of this.#channels.values()) stream.stop();
  }

  #drop(channelId: string, stream: Stream): boolean {
    stream.stop();
    return this.#channels.delete(channelId);
  }

  #streamOf(channelId: string, after: number | undefined): Stream {
    const held = this.#channels.get(channelId);
    const from = after ?? (held?.options.isComplete ? undefined : this.#remembered.get(channelId));
    if (held && from === undefined) {
      held.options.isComplete = true;
      return held;
    }
    held?.stop();
    const stream = this.#channelStream(channelId, from ?? null, true);
    this.#channels.set(channelId, stream);
    return stream;
  }

  #resumeNewcomers(): void {
    const streams = [...this.#newcomers].flatMap((id) => {
      const stream = this.#channels.get(id);
      return stream ? [[id, stream] as const] : [];
    });
    this.#newcomers.clear();
    for (let from = 0; from < streams.length; from += resumeMax) {
      void this.#resumeOnce(streams.slice(from, from + resumeMax), null);
    }
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
    const asking = this.options.request<Result<'session.resume'>>('session.resume', {
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

  #channelStream(channelId: string, last: number | null, isComplete: boolean): Stream {
    const { options } = this;
    const stream: Stream = new Stream({
      last,
      retryMs: (error) => options.retryMs(error),
      isComplete,
      onMissed: () => options.onMissed(channelId),
      deliver: ({ entry }) => {
        options.deliver(entry, undefined, stream.options.isComplete);
        if (stream.options.isComplete) options.onMoved();
      },
      resume: (after) => this.#ask(channelId, after),
      page: async (after) => pageOf(await options.rest.entries(channelId, { after, limit: 500 }), false),
      onRefused: (error) => {
        this.lose(channelId);
        options.onDetached(channelId, error);
      },
    });
    return stream;
  }

  #inboxStream(last: number | null): Stream {
    const { options } = this;
    return new Stream({
      last,
      retryMs: (error) => options.retryMs(error),
      isComplete: true,
      onMissed: () => {},
      deliver: ({ entry, inboxSequence }) => {
        options.deliver(entry, inboxSequence, true);
        options.onMoved();
      },
      resume: async (inbox) => {
        const answer = await options.request<Result<'session.resume'>>('session.resume', { inbox, channels: {} });
        return answer.inbox ?? { outcome: 'replayed', count: 0, head: inbox };
      },
      page: async (after) => pageOf(await options.rest.inboxEntries({ after, limit: 500 }), true),
      onRefused: (error) => options.onDetached(null, error),
    });
  }
}

const superseded = (): ParleyError =>
  new ParleyError('conflict', 'attach_superseded', 'The channel was detached or attached anew meanwhile');
