// Malformed frames and handshakes to the sockets of a wire.
import { once } from 'node:events';
import type { Socket } from 'node:net';
import WebSocket from 'ws';
import type { FuzzUser } from './clients.js';
import { isObject, sampleObjectOf, type Wire } from './documented.js';
import { bodyKinds, type Chooser, chooser, malformed, nonsenseToken, oddPlace } from './malformed.js';
import type { Random } from '../proof/random.js';

export const frameKinds = [...bodyKinds, 'as bytes', 'in fragments', 'no frame', 'bad handshake'];

/** One input of a kind, with the generator that makes it. */
export interface FuzzInput {
  readonly index: number;
  readonly kind: string;
  readonly random: Random;
}

/** An input with what was sent for it. */
export type SentInput = FuzzInput & { readonly frame: string | Buffer };

/** What became of a connection. */
export interface FuzzConnection {
  readonly socket: WebSocket;
  /** The TCP connection below it, once it is open. */
  readonly raw: Socket | null;
  readonly received: readonly string[];
  /** Of a refused handshake. */
  readonly status: number | null;
  readonly code: number | null;
  readonly error: string | null;
  readonly closed: Promise<unknown>;
}

export interface SocketOutcome {
  readonly sent: readonly SentInput[];
  readonly connection: FuzzConnection;
  /** A ping was not answered. */
  readonly isLate?: boolean;
  /** A good handshake was refused. */
  readonly isRefused?: boolean;
}

type Sample = Readonly<Record<string, unknown>>;

/** One of the frames that this wire takes, with ids of its user. */
const soundFrame = (choose: Chooser, wire: Wire, { known }: FuzzUser): Sample => {
  const { schema, example } = choose.pick(wire.frames);
  const sample = sampleObjectOf(schema, known);
  const withIds = (value: Sample): Sample =>
    Object.fromEntries(
      Object.entries(value).map(([key, each]) => [key, known[key] ?? (isObject(each) ? withIds(each) : each)]),
    );
  return isObject(example) ? withIds({ ...sample, ...example }) : sample;
};

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

const open = async (
  url: string,
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<FuzzConnection> => {
  const socket = new WebSocket(url.replace(/^http/, 'ws') + path, { headers, handshakeTimeout: 20_000 });
  const received: string[] = [];
  const state: Pick<Mutable<FuzzConnection>, 'raw' | 'status' | 'code' | 'error'> = {
    ...{ raw: null, status: null, code: null, error: null },
  };
  socket.on('upgrade', (answer) => (state.raw = answer.socket));
  socket.on('message', (data: Buffer) => received.push(data.toString()));
  socket.on('unexpected-response', (request, answer) => {
    state.status = answer.statusCode ?? null;
    request.destroy();
    socket.emit('close', 0);
  });
  socket.on('error', (error) => (state.error = error.message));
  const closed = new Promise<void>((resolve) => {
    socket.once('close', (code) => {
      state.code = code;
      resolve();
    });
  });
  await Promise.race([once(socket, 'open').catch(() => undefined), closed]);
  return Object.assign(state, { socket, received, closed });
};

const late = Symbol('late');

const within = <T>(promise: Promise<T>, ms: number): Promise<T | typeof late> => {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<typeof late>((resolve) => (timer = setTimeout(() => resolve(late), ms)));
  return Promise.race([promise, tooLate]).finally(() => clearTimeout(timer));
};

/** Whether the gateway reads everything so far in time, or the connection ends. */
const isSettled = async ({ socket, closed }: FuzzConnection): Promise<boolean> => {
  if (socket.readyState !== WebSocket.OPEN) return true;
  const pong = once(socket, 'pong').catch(() => undefined);
  socket.ping();
  return (await within(Promise.race([pong, closed]), 20_000)) !== late;
};

const sendFrame = (kind: string, choose: Chooser, sound: Sample, { socket, raw }: FuzzConnection): string | Buffer => {
  if (bodyKinds.includes(kind)) {
    const frame = malformed(kind, choose, sound);
    socket.send(frame, { binary: typeof frame !== 'string' && choose.random() < 0.5 });
    return frame;
  }
  const body = malformed(choose.pick(bodyKinds), choose, sound);
  const text = typeof body === 'string' ? Buffer.from(body) : body;
  if (kind === 'as bytes') socket.send(text, { binary: true });
  if (kind === 'in fragments') {
    const middle = choose.below(text.length + 1);
    socket.send(text.subarray(0, middle), { binary: false, fin: false });
    socket.send(text.subarray(middle), { binary: false, fin: choose.random() < 0.7 });
  }
  if (kind !== 'no frame') return text;
  const bytes = choose.bytes(2 + choose.below(60));
  raw?.write(bytes);
  return bytes;
};

const badHandshake = async (choose: Chooser, url: string, user: FuzzUser) => {
  const [path = '', query = ''] = user.path.split('?');
  const headers: Record<string, string> = { 'x-forwarded-for': choose.pick(['', 'x', '198.51.100.1']) };
  const token = encodeURIComponent(nonsenseToken(choose));
  const target = choose.pick([
    () => `${path}?token=${token}`,
    () => path,
    () => `${path}?token=${oddPlace(choose)}&token=${token}`,
    () => `${path}?ticket=${token}`,
    () => `${path.replace(/(?<=\/)[^/]+(?=(?:\/ws)?$)/, oddPlace(choose))}?${query}`,
    () => `${path}/${oddPlace(choose)}?${query}`,
    () => `/wires/${oddPlace(choose)}${path}?${query}`,
    () => `//${path}//?${query}&realm=${oddPlace(choose)}`,
  ])();
  if (choose.random() < 0.5)
    headers['authorization'] = choose.pick(['Bearer', 'Basic x', `Bearer ${token.slice(0, 3_000)}`]);
  const connection = await open(url, target, headers);
  await isSettled(connection);
  return { connection, frame: JSON.stringify({ target, headers }) };
};

interface FuzzSockets {
  readonly url: string;
  readonly wire: Wire;
  readonly user: FuzzUser;
  /** The next input; null at the end. */
  next(): FuzzInput | null;
  /** Called with what each connection led to. */
  onOutcome(outcome: SocketOutcome): void;
}

/** Sends malformed frames, several on each connection, and malformed handshakes. Ends its sockets. */
export const fuzzFrames = async ({ url, wire, user, next, onOutcome }: FuzzSockets): Promise<void> => {
  let current: FuzzConnection | null = null;
  let sent: SentInput[] = [];
  const end = async (connection: FuzzConnection): Promise<void> => {
    // After what is no frame, whatever follows may be the rest of it: nothing is answered then.
    const isSpoilt = sent.some(({ kind }) => kind === 'no frame');
    const isLate = !isSpoilt && !(await isSettled(connection));
    connection.socket.close(1000);
    if ((await within(connection.closed, isSpoilt ? 200 : 5_000)) === late) connection.socket.terminate();
    onOutcome({ sent, connection, isLate });
    current = null;
    sent = [];
  };
  for (let input = next(); input; input = next()) {
    const choose = chooser(input.random);
    if (input.kind === 'bad handshake') {
      const { connection, frame } = await badHandshake(choose, url, user);
      connection.socket.terminate();
      onOutcome({ sent: [{ ...input, frame }], connection });
      continue;
    }
    if (current && (current.socket.readyState !== WebSocket.OPEN || sent.length >= 10)) await end(current);
    current ??= await open(url, user.path, user.headers);
    if (current.socket.readyState !== WebSocket.OPEN) {
      onOutcome({ sent: [{ ...input, frame: '(a good handshake)' }], connection: current, isRefused: true });
      current = null;
      continue;
    }
    sent.push({ ...input, frame: sendFrame(input.kind, choose, soundFrame(choose, wire, user), current) });
    if (input.kind === 'no frame') await end(current);
    // What was sent is read one by one, or in a burst.
    else if (choose.random() < 0.5) await isSettled(current);
  }
  if (current) await end(current);
};
