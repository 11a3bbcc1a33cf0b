import type { EventEmitter } from 'node:events';
import type { Duplex } from 'node:stream';
import { WebSocket } from 'ws';
import { keepFragmentList, streamUnder, writeFrames } from '../broadcast/frames.js';
import type { ConnectionSocket, SocketListener } from '../connections/connection-deps.js';

const reasonBytesMax = 123;
/** Of one socket, not written yet: its client sends pings and does not read. As `ws` has it. */
const pendingPongsMax = 60;
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * A WebSocket: text in, encoded frames out, known pending bytes, one close, in order.
 *
 * It has one listener for all that happens, because the events of an emitter need a table for each socket. Its server must have
 * `autoPong: false`: the pongs of `ws` need a closure for each socket (128 bytes with its context and fields).
 */
export class LiveSocket extends WebSocket implements ConnectionSocket {
  private listener: SocketListener | null = null;
  private stream: Duplex | null = null;
  private fragments: unknown[] | null = null;
  private pendingPongs = 0;

  /** `ws` does not buffer frames for a later listener: call this in the turn in which the socket was accepted. */
  listen(listener: SocketListener): void {
    this.listener = listener;
    this.stream = streamUnder(this);
    dropEventTable(this);
  }

  /** Whether frames are sent in one write; otherwise they are still sent, one by one. Known once somebody listens. */
  get joins(): boolean {
    return this.stream !== null;
  }

  get isOpen(): boolean {
    return this.readyState === WebSocket.OPEN;
  }

  /** Bytes in the send queue of `ws`, which the client has not read yet. */
  get pendingBytes(): number {
    return this.bufferedAmount;
  }

  write(frames: Buffer): void {
    writeFrames(this, this.stream, frames);
  }

  /** Between `cork` and `uncork` writes accumulate; they are then sent as one. */
  cork(): void {
    this.stream?.cork();
  }

  uncork(): void {
    this.stream?.uncork();
  }

  override ping(payload: Buffer): void {
    if (this.isOpen) super.ping(payload);
  }

  /** Leaves further input in the system's buffers, which then slow the client down. Some frames may still arrive. */
  pauseReading(): void {
    if (this.isOpen) this.pause();
  }

  resumeReading(): void {
    this.resume();
  }

  /** `ws` calls this too, with the reason of the client as bytes. */
  override close(code?: number, reason?: string | Buffer): void {
    super.close(code, typeof reason === 'string' ? shortened(reason) : reason);
  }

  /** How `ws` tells what happens. An error is always followed by `close`, which has its cause (1006, 1007, 1009). */
  override emit(event: string | symbol, first?: unknown, second?: unknown): boolean {
    if (event === 'message') this.onMessage(first as Buffer, second as boolean);
    else if (event === 'ping') this.answerPing(first as Buffer);
    else if (event === 'pong') this.listener?.onPong(first as Buffer);
    else if (event === 'close') this.listener?.onClosed(first as number);
    return this.listener !== null;
  }

  private onMessage(data: Buffer, isBinary: boolean): void {
    this.fragments = keepFragmentList(this, this.fragments);
    if (!this.isOpen) return;
    // Like empty text, it is not JSON in any dialect, so each refuses it in its own format and the socket stays open.
    this.listener?.onText(textOf(data, isBinary) ?? '');
  }

  private answerPing(payload: Buffer): void {
    if (!this.isOpen) return;
    if (this.pendingPongs >= pendingPongsMax) return this.terminate();
    this.pendingPongs += 1;
    this.pong(payload, false, () => {
      this.pendingPongs -= 1;
    });
  }
}

/** An emitter without listeners works without its table (184 bytes), and gets a new one with its next listener. */
const dropEventTable = (emitter: EventEmitter): void => {
  if (emitter.eventNames().length === 0) Object.assign(emitter, { _events: undefined });
};

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
