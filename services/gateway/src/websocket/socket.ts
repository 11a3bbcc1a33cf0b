import type { Duplex } from 'node:stream';
import type { RawData } from 'ws';
import { WebSocket } from 'ws';
import { streamUnder, writeFrames } from '../broadcast/frames.js';
import type { ConnectionSocket, SocketListener } from '../connections/connection-deps.js';

const reasonBytesMax = 123;
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** A WebSocket tamed: text in, ready-made frames out, pending bytes known, closed once and in order. */
export class LiveSocket implements ConnectionSocket {
  private readonly stream: Duplex | null;

  constructor(private readonly ws: WebSocket) {
    this.stream = streamUnder(ws);
  }

  /** Frames that came before are kept by nobody: tame a socket in the turn in which it was accepted. */
  listen(listener: SocketListener): void {
    const listened = this.ws as Listened;
    listened[listenerKey] = listener;
    listened.on('message', onMessage).on('pong', onPong).on('close', onClose).on('error', onError);
  }

  /** Whether frames go out joined; without it they still go out, one by one. */
  get joins(): boolean {
    return this.stream !== null;
  }

  get isOpen(): boolean {
    return this.ws.readyState === WebSocket.OPEN;
  }

  /** What the client has not taken yet. */
  get pendingBytes(): number {
    return this.ws.bufferedAmount;
  }

  write(frames: Buffer): void {
    writeFrames(this.ws, this.stream, frames);
  }

  /** Between the two, writes gather and then leave as one. */
  cork(): void {
    this.stream?.cork();
  }

  uncork(): void {
    this.stream?.uncork();
  }

  ping(payload: Buffer): void {
    if (this.isOpen) this.ws.ping(payload);
  }

  /** Leaves what the client sends in the system's buffers, which then slow it down. Some frames may come all the same. */
  pauseReading(): void {
    if (this.isOpen) this.ws.pause();
  }

  resumeReading(): void {
    this.ws.resume();
  }

  close(code: number, reason: string): void {
    this.ws.close(code, shortened(reason));
  }

  terminate(): void {
    this.ws.terminate();
  }
}

const listenerKey = Symbol('listener');
type Listened = WebSocket & { [listenerKey]?: SocketListener };

function onMessage(this: WebSocket, data: RawData, isBinary: boolean): void {
  if (this.readyState !== WebSocket.OPEN) return;
  const text = textOf(data as Buffer, isBinary);
  // Like empty text it is JSON on no wire, so each refuses it in its own words and the socket stays open.
  (this as Listened)[listenerKey]?.onText(text ?? '');
}

function onPong(this: WebSocket, payload: Buffer): void {
  (this as Listened)[listenerKey]?.onPong(payload);
}

function onClose(this: WebSocket, code: number): void {
  (this as Listened)[listenerKey]?.onClosed(code);
}

// What went wrong is in the close that follows (1006, 1007, 1009); without a listener it would end the process.
function onError(): void {}

/** Binary frames are text. `ws` has checked the text frames, so only these can be bad. */
const textOf = (data: Buffer, isBinary: boolean): string | null => {
  if (!isBinary) return data.toString('utf8');
  try {
    return utf8.decode(data);
  } catch {
    return null;
  }
};

/** A close reason has 123 bytes; a longer one would make `ws` throw. */
const shortened = (reason: string): string => {
  if (Buffer.byteLength(reason) <= reasonBytesMax) return reason;
  const bytes = Buffer.from(reason);
  let end = reasonBytesMax;
  // Not in the middle of a character, whose further bytes all begin with the bits 10.
  while (((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return bytes.subarray(0, end).toString('utf8');
};
