import type { Duplex } from 'node:stream';
import type { RawData } from 'ws';
import { WebSocket } from 'ws';
import { keepFragmentList, streamUnder, writeFrames } from '../broadcast/frames.js';
import type { ConnectionSocket, SocketListener } from '../connections/connection-deps.js';

const reasonBytesMax = 123;
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** A wrapper around a `ws` WebSocket: text in, encoded frames out, known pending bytes, one close, in order. */
export class LiveSocket implements ConnectionSocket {
  private readonly stream: Duplex | null;

  constructor(private readonly ws: WebSocket) {
    this.stream = streamUnder(ws);
  }

  /** `ws` does not buffer frames for a later listener: call this in the turn in which the socket was accepted. */
  listen(listener: SocketListener): void {
    const listened = this.ws as Listened;
    listened[listenerKey] = listener;
    listened.on('message', onMessage).on('pong', onPong).on('close', onClose).on('error', onError);
  }

  /** Whether frames are sent in one write; otherwise they are still sent, one by one. */
  get joins(): boolean {
    return this.stream !== null;
  }

  get isOpen(): boolean {
    return this.ws.readyState === WebSocket.OPEN;
  }

  /** Bytes in the send queue of `ws`, which the client has not read yet. */
  get pendingBytes(): number {
    return this.ws.bufferedAmount;
  }

  write(frames: Buffer): void {
    writeFrames(this.ws, this.stream, frames);
  }

  /** Between `cork` and `uncork` writes accumulate; they are then sent as one. */
  cork(): void {
    this.stream?.cork();
  }

  uncork(): void {
    this.stream?.uncork();
  }

  ping(payload: Buffer): void {
    if (this.isOpen) this.ws.ping(payload);
  }

  /** Leaves further input in the system's buffers, which then slow the client down. Some frames may still arrive. */
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
  keepFragmentList(this);
  if (this.readyState !== WebSocket.OPEN) return;
  const text = textOf(data as Buffer, isBinary);
  // Like empty text, it is not JSON in any dialect, so each refuses it in its own format and the socket stays open.
  (this as Listened)[listenerKey]?.onText(text ?? '');
}

function onPong(this: WebSocket, payload: Buffer): void {
  (this as Listened)[listenerKey]?.onPong(payload);
}

function onClose(this: WebSocket, code: number): void {
  (this as Listened)[listenerKey]?.onClosed(code);
}

// The close that follows has the cause (1006, 1007, 1009); without a listener the error would end the process.
function onError(): void {}

/** Binary frames are text. `ws` has validated the text frames, so only these can be invalid. */
const textOf = (data: Buffer, isBinary: boolean): string | null => {
  if (!isBinary) return data.toString('utf8');
  try {
    return utf8.decode(data);
  } catch {
    return null;
  }
};

/** A close reason has at most 123 bytes; a longer one would make `ws` throw. */
const shortened = (reason: string): string => {
  if (Buffer.byteLength(reason) <= reasonBytesMax) return reason;
  const bytes = Buffer.from(reason);
  let end = reasonBytesMax;
  // Not within a character, whose continuation bytes all begin with the bits 10.
  while (((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return bytes.subarray(0, end).toString('utf8');
};
