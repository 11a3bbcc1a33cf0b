import WebSocket from 'ws';

/** A parsed JSON frame. */
export type Frame = Readonly<Record<string, unknown>>;

/** A WebSocket client that records received frames, so that a test waits for frames and never for time. */
export interface TestSocket extends Disposable {
  /** Sends a string unchanged, anything else as JSON. */
  send(frame: unknown): void;
  /** The first matching frame that no earlier call has taken: by `type`, by `method`, or by a function. Rejects after `withinMs`. */
  waitFor(match: string | ((frame: Frame) => boolean), withinMs?: number): Promise<Frame>;
  /** All frames received so far, taken or not. */
  readonly received: readonly Frame[];
  /** Resolves when the connection has ended, from either side. */
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  readonly socket: WebSocket;
  close(code?: number): void;
}

export interface OpenOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent in `onopen`, before anything was received. */
  readonly first?: readonly unknown[];
}

/** Resolves after the handshake; `http://` URLs are converted to `ws://`. */
export const openSocket = async (url: string, { headers, first = [] }: OpenOptions = {}): Promise<TestSocket> => {
  const socket = new WebSocket(url.replace(/^http/, 'ws'), { headers: { ...headers } });
  const received: Frame[] = [];
  const taken = new Set<Frame>();
  const waiting = new Set<() => void>();
  let over: { code: number; reason: string } | undefined;

  socket.on('message', (data: Buffer) => {
    received.push(frameOf(data.toString()));
    for (const look of [...waiting]) look();
  });
  const closed = new Promise<{ code: number; reason: string }>((resolve) =>
    socket.on('close', (code, reason) => {
      over = { code, reason: reason.toString() };
      resolve(over);
      for (const look of [...waiting]) look();
    }),
  );

  const waitFor: TestSocket['waitFor'] = (match, withinMs = 20_000) => {
    const matches =
      typeof match === 'function' ? match : (frame: Frame) => frame.type === match || frame.method === match;
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const found = received.find((frame) => !taken.has(frame) && matches(frame));
        if (found === undefined && over === undefined) return;
        clearTimeout(timer);
        waiting.delete(look);
        if (found === undefined) return reject(new Error(`closed with ${JSON.stringify(over)}, ${said()}`));
        taken.add(found);
        resolve(found);
      };
      const said = (): string =>
        `waiting for ${typeof match === 'string' ? match : match.toString()}; received ${JSON.stringify(received).slice(-2_000)}`;
      const timer = setTimeout(() => {
        waiting.delete(look);
        reject(new Error(`not received within ${withinMs} ms, ${said()}`));
      }, withinMs);
      waiting.add(look);
      look();
    });
  };

  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  socket.on('error', () => undefined);
  const send = (frame: unknown): void => socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame));
  for (const frame of first) send(frame);
  const close = (code = 1000): void => socket.close(code);
  return { send, waitFor, received, closed, socket, close, [Symbol.dispose]: () => socket.terminate() };
};

/** Not every dialect sends JSON: other text becomes `{ text }`. */
const frameOf = (text: string): Frame => {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Frame) : { text };
  } catch {
    return { text };
  }
};
