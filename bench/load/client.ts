// One WebSocket of a load: requests that are answered, and deliveries.
import { once } from 'node:events';
import { WebSocket } from 'ws';
import type { Wire } from './wire.js';

export interface Client {
  /** Stops reading, as a client whose network is stuck: what comes fills the buffers on the way. */
  pause(): void;
  /** Reads on. */
  resume(): void;
  /** Rejects when the answer is an error, or when the connection ends without one. */
  request(frameOf: (id: number) => string): Promise<void>;
  close(): Promise<void>;
}

export interface ClientOptions {
  readonly url: string;
  readonly wire: Wire;
  readonly headers: Readonly<Record<string, string>>;
  /** Default: that of the wire. */
  readonly hello?: string | null;
  /** Called with each frame, before anything else looks at it. */
  readonly onFrame?: (frame: string) => void;
  readonly onDelivery: (frame: string) => void;
  /** Called when the server or the network ends the connection. */
  readonly onLost: () => void;
  /** How long it waits until the server accepts it. */
  readonly openWithinMs?: number;
}

/** The server answered the handshake with another status than 101. */
export class HandshakeRefused extends Error {
  constructor(
    status: number | undefined,
    /** 0: it did not say. */
    readonly retryAfterMs: number,
  ) {
    super(`Unexpected server response: ${status}`);
  }
}

interface Waiting {
  resolve(): void;
  reject(error: Error): void;
}

const openWithinMsDefault = 30_000;

/** Resolves when the server has accepted it. */
export const openClient = async ({
  url,
  wire,
  headers,
  hello = wire.hello,
  onFrame,
  onDelivery,
  onLost,
  openWithinMs = openWithinMsDefault,
}: ClientOptions): Promise<Client> => {
  const socket = new WebSocket(`${url}${wire.path}`, { headers, perMessageDeflate: false, skipUTF8Validation: true });
  const requests = createRequests();
  let [isOpen, closing] = [false, false];
  await new Promise<void>((resolve, reject) => {
    const late = setTimeout(() => {
      socket.terminate();
      reject(new Error('A connection was not accepted in time'));
    }, openWithinMs);
    socket.on('open', () => hello !== null && socket.send(hello));
    // From the first frame on: what a server replays comes together with its greeting.
    socket.on('message', (data: Buffer) => {
      const frame = data.toString('utf8');
      onFrame?.(frame);
      const read = wire.read(frame);
      if (read.kind === 'delivered') onDelivery(frame);
      else if (read.kind === 'answered') requests.answer(read.id, read.error);
      else if (read.kind === 'ping') socket.send(read.pong);
      else if (read.kind === 'opened') {
        clearTimeout(late);
        isOpen = true;
        resolve();
      }
    });
    socket.on('unexpected-response', (request, { statusCode, headers }) => {
      reject(new HandshakeRefused(statusCode, 1_000 * Number(headers['retry-after'] ?? 0)));
      clearTimeout(late);
      request.destroy();
    });
    socket.on('error', reject);
    socket.on('close', (code) => {
      clearTimeout(late);
      requests.end(new Error(`A connection was closed (${code})`));
      if (isOpen && !closing) onLost();
      reject(new Error(`A connection was closed (${code}) before it was accepted`));
    });
  });
  return {
    pause: () => socket.pause(),
    resume: () => socket.resume(),
    request: (frameOf) => requests.make((id) => socket.send(frameOf(id))),
    close: async () => {
      closing = true;
      if (socket.readyState === WebSocket.CLOSED) return;
      const gone = once(socket, 'close');
      socket.terminate();
      await gone;
    },
  };
};

const createRequests = () => {
  const waiting = new Map<number, Waiting>();
  let lastId = 0;
  let ended: Error | null = null;
  return {
    make: (send: (id: number) => void) =>
      new Promise<void>((resolve, reject) => {
        if (ended) return reject(ended);
        lastId += 1;
        waiting.set(lastId, { resolve, reject });
        send(lastId);
      }),
    answer: (id: number, error: string | null): void => {
      const asked = waiting.get(id);
      waiting.delete(id);
      if (error === null) asked?.resolve();
      else asked?.reject(new Error(error));
    },
    end: (error: Error): void => {
      ended = error;
      for (const each of waiting.values()) each.reject(error);
      waiting.clear();
    },
  };
};
