// What crosses the sockets of the clients: requests by client id, their acknowledgements, and streams that could not be replayed.
import type { ClientRequestArgs } from 'node:http';
import { type ClientOptions, WebSocket } from 'ws';

/** A request that changes a channel, as the server acknowledged it. */
export interface Acknowledged {
  readonly method: string;
  readonly clientId: string;
  readonly channelId: string;
  /** The message that it changes; undefined: it creates one. */
  readonly messageId: string | undefined;
  /** Of the entry in the answer: an earlier one with the same effect has the client id of its own request. */
  readonly sequence: number;
  readonly repeated: boolean;
}

interface Frame {
  readonly id?: unknown;
  readonly method?: string;
  readonly params?: { readonly clientId?: string; readonly channelId?: string; readonly messageId?: string };
  readonly result?: Result;
}

interface Result {
  readonly outcome?: string;
  readonly inbox?: { readonly outcome: string };
  readonly channels?: Readonly<Record<string, { readonly outcome: string }>>;
  readonly sequence?: number;
  readonly entry?: { readonly sequence: number };
  readonly repeated?: boolean;
}

const resetsIn = ({ outcome, inbox, channels = {} }: Result): number =>
  [outcome, inbox?.outcome, ...Object.values(channels).map((each) => each.outcome)].filter((each) => each === 'reset')
    .length;

const parse = (data: unknown): Frame => JSON.parse(String(data)) as Frame;

export interface Wire {
  /** For the `webSocket` option of the client. */
  readonly RecordedSocket: new (url: string) => WebSocket;
  readonly acknowledged: ReadonlyMap<string, Acknowledged>;
  readonly counts: Readonly<{ opened: number; attempts: number; resumes: number; resets: number; received: number }>;
}

export const recordedWire = (): Wire => {
  const acknowledged = new Map<string, Acknowledged>();
  const counts = { opened: 0, attempts: 0, resumes: 0, resets: 0, received: 0 };

  const answered = (request: Frame | undefined, result: Result): void => {
    counts.resets += resetsIn(result);
    const { clientId, channelId = '', messageId } = request?.params ?? {};
    const sequence = result.entry?.sequence ?? result.sequence;
    if (request?.method === undefined || clientId === undefined || sequence === undefined) return;
    const { repeated = false } = result;
    acknowledged.set(clientId, { method: request.method, clientId, channelId, messageId, sequence, repeated });
  };

  class RecordedSocket extends WebSocket {
    readonly #requests = new Map<unknown, Frame>();

    constructor(url: string, options?: ClientOptions | ClientRequestArgs) {
      super(url, options);
      this.on('open', () => (counts.opened += 1));
      this.on('message', (data) => {
        counts.received += 1;
        const { id, result } = parse(data);
        if (id === undefined) return;
        const request = this.#requests.get(id);
        this.#requests.delete(id);
        if (result) answered(request, result);
      });
    }

    override send(data: string): void {
      const frame = parse(data);
      if (frame.id !== undefined) this.#requests.set(frame.id, frame);
      if (frame.params?.clientId !== undefined) counts.attempts += 1;
      if (frame.method === 'session.resume') counts.resumes += 1;
      super.send(data);
    }
  }
  return { RecordedSocket, acknowledged, counts };
};
