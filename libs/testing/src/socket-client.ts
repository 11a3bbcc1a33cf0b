import WebSocket from 'ws';

/** A frame of JSON, as a test looks at it. */
export type Frame = Readonly<Record<string, unknown>>;

/** A client that says what it is told and keeps what it hears, so that a test can wait for frames and never for time. */
export interface TestSocket extends Disposable {
  /** A string goes out as it is; anything else as JSON. */
  send(frame: unknown): void;
  /** The first frame not yet taken that matches: by `type`, by `method`, or by a function. Rejects after `withinMs`. */
  waitFor(match: string | ((frame: Frame) => boolean), withinMs?: number): Promise<Frame>;
  /** Everything heard so far, taken or not. */
  readonly received: readonly Frame[];
  /** Resolves when the connection is over, whoever ended it. */
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  readonly socket: WebSocket;
  close(code?: number): void;
}

export interface OpenOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** Said in `onopen`, before anything was heard. */
  readonly first?: readonly unknown[];
}

/** Resolves when the handshake is done; `http://` URLs are taken as `ws://`. */
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
        `waiting for ${typeof match === 'string' ? match : match.toString()}; heard ${JSON.stringify(received).slice(-2_000)}`;
      const timer = setTimeout(() => {
        waiting.delete(look);
        reject(new Error(`not heard within ${withinMs} ms, ${said()}`));
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

/** Not every wire says JSON: what is none is given as `{ text }`. */
const frameOf = (text: string): Frame => {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Frame) : { text };
  } catch {
    return { text };
  }
};
