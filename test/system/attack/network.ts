// Requests and connections from an address of one's own, as the proxy in front of the gateways would name it: loopback addresses
// themselves are not counted, and no other may be a target here.
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import WebSocket from 'ws';
import { type Answer, ask as askOwn, type Request } from '../../clients/http.js';

const ownAddress = '198.51.100.1';
const answerWithinMs = 60_000;

interface RequestFrom extends Request {
  /** The address that it seems to come from. */
  readonly from?: string;
}

/** A request from an address; rejects when there is no answer within 60 s. */
export const ask = async (
  url: string,
  method: string,
  path: string,
  { from = ownAddress, headers = {}, ...request }: RequestFrom = {},
): Promise<Answer> => {
  const tooLate = sleep(answerWithinMs, undefined, { ref: false }).then(() => {
    throw new Error(`${method} ${path}: no answer within ${answerWithinMs} ms`);
  });
  const answer = askOwn(method, url + path, { ...request, headers: { 'x-forwarded-for': from, ...headers } });
  return Promise.race([answer, tooLate]);
};

/** Whether something becomes true within this time. */
export const becomes = async (holds: () => boolean | Promise<boolean>, withinMs: number): Promise<boolean> => {
  const until = performance.now() + withinMs;
  while (!(await holds())) {
    if (performance.now() > until) return false;
    await sleep(50);
  }
  return true;
};

export interface RawConnection {
  readonly socket: Socket;
  /** What came back so far. */
  readonly received: string;
  readonly ended: boolean;
}

/** A TCP connection that sends a text and keeps what comes back. It is never closed by itself. */
export const rawConnection = (url: string, text: string): RawConnection => {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
  const state = { socket, received: '', ended: false };
  socket.on('data', (chunk) => (state.received += chunk.toString('latin1')));
  for (const event of ['error', 'end', 'close']) socket.on(event, () => (state.ended = true));
  socket.write(text);
  return state;
};

interface UpgradeOptions {
  readonly version?: number;
  readonly from?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The request for a WebSocket as bytes. */
export const upgradeText = (
  path: string,
  { version = 13, from = ownAddress, headers = {} }: UpgradeOptions = {},
): string =>
  [
    `GET ${path} HTTP/1.1`,
    'Host: localhost',
    'Connection: Upgrade',
    'Upgrade: websocket',
    `Sec-WebSocket-Version: ${version}`,
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    `X-Forwarded-For: ${from}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    '',
    '',
  ].join('\r\n');

/** A parsed frame; `{ text }` when it is no JSON. */
export interface ReceivedFrame {
  readonly type?: string;
  readonly method?: string;
  readonly message?: string;
  readonly msgid?: string;
  readonly content?: string;
  readonly text?: string;
}

export interface SocketFrom {
  readonly socket: WebSocket;
  readonly frames: readonly ReceivedFrame[];
  /** null while it is open. */
  readonly code: number | null;
  readonly closed: Promise<void>;
}

interface OpenOptions {
  readonly from?: string;
  readonly token?: string | undefined;
}

/** A WebSocket from an address; resolves also when the handshake is refused. */
export const openFrom = (
  url: string,
  path: string,
  { from = ownAddress, token }: OpenOptions = {},
): Promise<SocketFrom> => {
  const headers = { 'x-forwarded-for': from, ...(token !== undefined && { authorization: `Bearer ${token}` }) };
  const socket = new WebSocket(url.replace(/^http/, 'ws') + path, { headers, handshakeTimeout: 20_000 });
  const frames: ReceivedFrame[] = [];
  const closed = new Promise<void>((resolve) =>
    socket.on('close', (code) => {
      state.code = code;
      resolve();
    }),
  );
  const state: { -readonly [Key in keyof SocketFrom]: SocketFrom[Key] } = { socket, frames, code: null, closed };
  socket.on('message', (data: Buffer) => frames.push(frameOf(data.toString())));
  return new Promise((resolve) => {
    socket.on('unexpected-response', (_request, answer) => {
      answer.destroy();
      resolve(state);
    });
    socket.on('open', () => resolve(state));
    socket.on('error', () => resolve(state));
  });
};

const frameOf = (text: string): ReceivedFrame => {
  try {
    return JSON.parse(text) as ReceivedFrame;
  } catch {
    return { text };
  }
};
