import { type ClientOptions, WebSocket } from 'ws';
import type { ClientRequestArgs } from 'node:http';

interface Counts {
  opened: number;
  sendAttempts: number;
  resumes: number;
  attaches: number;
  pushed: number;
  notInOrder: number;
  resets: number;
}

interface Connection {
  /** The last sequence of each stream. */
  readonly lasts: Map<string, number>;
  /** Ids of requests for what was missed. */
  readonly asking: Set<unknown>;
}

interface V1Frame {
  readonly id?: unknown;
  readonly method?: string;
  readonly result?: { readonly outcome?: string };
  readonly params?: {
    readonly message: { readonly channelId: string; readonly sequence: number };
    readonly inboxSequence?: number;
  };
}

export interface WatchedSockets {
  /** For the `webSocket` option of the client. */
  readonly WatchedSocket: new (url: string) => WebSocket;
  readonly counts: Readonly<Counts>;
  /** Entries that did not follow the one before. */
  readonly outOfOrder: readonly string[];
  /** The longest time without an entry on any connection, in milliseconds. */
  longestSilenceMs(): number;
  /** The same since the last call of this function, with the silence that lasts. */
  takeSilenceMs(): number;
}

const parse = (data: unknown): V1Frame => JSON.parse(String(data)) as V1Frame;

/** A WebSocket for the SDK that counts what crosses the wire before the SDK drops or orders anything, on each connection alone. */
export const watchedSockets = (): WatchedSockets => {
  const counts: Counts = {
    opened: 0,
    sendAttempts: 0,
    resumes: 0,
    attaches: 0,
    pushed: 0,
    notInOrder: 0,
    resets: 0,
  };
  const outOfOrder: string[] = [];
  let lastReceivedAt = 0;
  let longestSilenceMs = 0;
  let untakenSilenceMs = 0;

  const answered = (connection: Connection, { id, result }: V1Frame): void => {
    if (result?.outcome === 'reset') counts.resets += 1;
    if (connection.asking.delete(id)) connection.lasts.clear();
  };

  const received = (connection: Connection, frame: V1Frame): void => {
    if (frame.method !== 'message.created' || frame.params === undefined) return answered(connection, frame);
    const { message, inboxSequence } = frame.params;
    const stream = inboxSequence === undefined ? message.channelId : 'inbox';
    const sequence = inboxSequence ?? message.sequence;
    counts.pushed += 1;
    const { lasts, asking } = connection;
    const last = lasts.get(stream);
    // While it asks for what it missed, it gets that beside what is new.
    if (last !== undefined && sequence !== last + 1 && asking.size === 0) {
      counts.notInOrder += 1;
      outOfOrder.push(`${stream}: ${sequence} after ${last}`);
    }
    lasts.set(stream, sequence);
    const now = performance.now();
    if (lastReceivedAt > 0) noteSilence(now - lastReceivedAt);
    lastReceivedAt = now;
  };

  const noteSilence = (ms: number): void => {
    longestSilenceMs = Math.max(longestSilenceMs, ms);
    untakenSilenceMs = Math.max(untakenSilenceMs, ms);
  };

  const takeSilenceMs = (): number => {
    const taken = Math.max(untakenSilenceMs, lastReceivedAt > 0 ? performance.now() - lastReceivedAt : 0);
    untakenSilenceMs = 0;
    return taken;
  };

  const sent = (connection: Connection, { method, id }: V1Frame): void => {
    if (method === 'message.send') counts.sendAttempts += 1;
    if (method === 'session.resume') counts.resumes += 1;
    if (method === 'channel.attach') counts.attaches += 1;
    if (method === 'session.resume' || method === 'channel.attach') connection.asking.add(id);
  };

  class WatchedSocket extends WebSocket {
    readonly #connection: Connection = { lasts: new Map(), asking: new Set() };

    constructor(url: string, options?: ClientOptions | ClientRequestArgs) {
      super(url, options);
      this.on('open', () => (counts.opened += 1));
      this.on('message', (data) => received(this.#connection, parse(data)));
    }

    override send(data: string): void {
      sent(this.#connection, parse(data));
      super.send(data);
    }
  }
  return { WatchedSocket, counts, outOfOrder, longestSilenceMs: () => longestSilenceMs, takeSilenceMs };
};
