// Who sent what to whom and who received it: what is lost, duplicated, crossed or out of order.
import type { Frame, TestSocket } from '@parley/testing';

const marking = /mark-([a-z0-9]+)-([a-z0-9]+)-\d+-\d+/g;

export const markerOf = (wire: string, run: string, index: number, n: number): string =>
  `mark-${wire}-${run}-${index}-${n}`;

export interface SentMessage {
  /** `performance.now()`. */
  readonly at: number;
  /** The conversation in which it is ordered. */
  readonly stream: string;
  /** Indexes of the clients that have to receive it. */
  readonly receivers: readonly number[];
  /** How often each receives it: agents come and go. */
  readonly times: number;
}

interface Receipt {
  readonly marker: string;
  readonly type: unknown;
}

/** By stream, the markers in its order. */
export type Histories = ReadonlyMap<string, readonly string[]>;

/** What the clients of one wire sent, by marker, and received. */
export class Deliveries {
  readonly sent = new Map<string, SentMessage>();
  readonly crossed: string[] = [];
  readonly refusals: string[] = [];
  readonly latencies: number[] = [];
  readonly #received = new Map<number, Receipt[]>();

  constructor(
    readonly wire: string,
    readonly run: string,
  ) {}

  /** Looks at every byte that a client gets, whatever it is. */
  listen(index: number, { socket }: TestSocket, isRefusal: (frame: Frame) => boolean): void {
    const own: Receipt[] = [];
    this.#received.set(index, own);
    socket.on('message', (data: Buffer) => this.#onMessage(index, own, data.toString(), isRefusal));
  }

  #onMessage(index: number, own: Receipt[], text: string, isRefusal: (frame: Frame) => boolean): void {
    const markers = [...text.matchAll(marking)];
    const foreign = markers.find(([, wire, run]) => wire !== this.wire || run !== this.run);
    if (foreign) this.crossed.push(`${this.wire} ${index} got ${foreign[0]}`);
    const frame = parsed(text);
    if (isRefusal(frame)) this.refusals.push(`${index}: ${text.slice(0, 200)}`);
    const marker = markers[0]?.[0];
    // An answer that names what was sent is no delivery.
    if (marker === undefined || frame.result !== undefined) return;
    const message = this.sent.get(marker);
    const isFirst = !own.some((one) => one.marker === marker && one.type === frame.type);
    if (message && isFirst) this.latencies.push(performance.now() - message.at);
    own.push({ marker, type: frame.type });
  }

  /** Of what each should have received: how much it did not, and how much too often or without being a receiver. */
  verify(): { expected: number; delivered: number; lost: string[]; duplicated: string[] } {
    const counts = new Map<string, number>();
    for (const [index, own] of this.#received)
      for (const { marker } of own) counts.set(`${index} ${marker}`, (counts.get(`${index} ${marker}`) ?? 0) + 1);
    const delivered = [...counts.values()].reduce((sum, count) => sum + count, 0);
    const [lost, duplicated]: [string[], string[]] = [[], []];
    let expected = 0;
    for (const [marker, { receivers, times }] of this.sent) {
      for (const index of new Set(receivers)) {
        const key = `${index} ${marker}`;
        const count = counts.get(key) ?? 0;
        counts.delete(key);
        expected += times;
        if (count < times) lost.push(key);
        if (count > times) duplicated.push(key);
      }
    }
    // What is left went to clients that are no receivers.
    return { expected, delivered, lost, duplicated: [...duplicated, ...counts.keys()] };
  }

  /** Compared with the history where the wire has one; else two that receive the same receive it in the same order. */
  outOfOrder(histories: Histories | null): string[] {
    const streams = new Set([...this.sent.values()].map(({ stream }) => stream));
    return [...streams].flatMap((stream) => {
      const history = histories?.get(stream);
      return [...this.#received.keys()].flatMap((index) =>
        history ? this.#unlikeHistory(index, stream, history) : this.#unlikeOthers(index, stream),
      );
    });
  }

  /** Agents that went before they came, for a client that stayed. */
  goneBeforeCome(): string[] {
    return [...this.#received].flatMap(([index, own]) => {
      const gone = new Set<string>();
      return own.flatMap(({ marker, type }) => {
        if (type === 'peer_offline') gone.add(marker);
        return type === 'peer_online' && gone.has(marker) ? [`${index}: ${marker}`] : [];
      });
    });
  }

  #unlikeHistory(index: number, stream: string, history: readonly string[]): string[] {
    const expected = history.filter((marker) => this.#isFor(index, marker));
    return this.#inStream(index, stream).join() === expected.join() ? [] : [`${index} in ${stream}`];
  }

  #unlikeOthers(index: number, stream: string): string[] {
    const own = this.#inStream(index, stream);
    const others = [...this.#received.keys()].filter((other) => other > index);
    const unlike = others.filter((other) => {
      const ours = own.filter((marker) => this.#isFor(other, marker));
      const theirs = this.#inStream(other, stream).filter((marker) => this.#isFor(index, marker));
      return ours.join() !== theirs.join();
    });
    return [
      ...unlike.map((other) => `${index} and ${other} in ${stream}`),
      ...sendersOutOfOrder(own).map((sender) => `${index} in ${stream}, sent by ${sender}`),
    ];
  }

  /** What a client received of a stream, in the order in which it came. */
  #inStream(index: number, stream: string): string[] {
    const own = this.#received.get(index) ?? [];
    return own.flatMap(({ marker }) => (this.sent.get(marker)?.stream === stream ? [marker] : []));
  }

  #isFor(index: number, marker: string): boolean {
    return this.sent.get(marker)?.receivers.includes(index) ?? false;
  }
}

/** Senders whose own messages did not come in the order in which they were sent. */
const sendersOutOfOrder = (markers: readonly string[]): string[] => {
  const lasts = new Map<string, number>();
  const wrong = new Set<string>();
  for (const marker of markers) {
    const [, , , sender = '', n] = marker.split('-');
    if (Number(n) < (lasts.get(sender) ?? -1)) wrong.add(sender);
    lasts.set(sender, Number(n));
  }
  return [...wrong];
};

const parsed = (text: string): Frame => {
  try {
    return JSON.parse(text) as Frame;
  } catch {
    return { text };
  }
};
