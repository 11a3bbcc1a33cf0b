import type { Duplex } from 'node:stream';
import { WebSocket } from 'ws';

// The one module that touches what `ws` keeps private (`_socket`, `_sender`, `_receiver`), because one write of joined frames costs a
// tenth of ten sends. Each connection is checked when it is accepted; where anything looks different, `ws.send` is used.

const textOpcode = 0x1;
const final = 0x80;

/** One text frame as a server sends it, header and payload in one buffer, so that any number of sockets share it. */
export const frameOf = (text: string): Buffer => {
  const length = Buffer.byteLength(text);
  const headerBytes = length < 126 ? 2 : length < 65_536 ? 4 : 10;
  const frame = Buffer.allocUnsafe(headerBytes + length);
  frame[0] = final | textOpcode;
  if (headerBytes === 2) frame[1] = length;
  else if (headerBytes === 4) {
    frame[1] = 126;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = 127;
    frame.writeUInt32BE(0, 2);
    frame.writeUInt32BE(length, 6);
  }
  frame.write(text, headerBytes);
  return frame;
};

/** The payloads of frames that `frameOf` made, joined or not. */
export const payloadsOf = (frames: Buffer): Buffer[] => {
  const payloads: Buffer[] = [];
  for (let at = 0; at < frames.length;) {
    const short = frames.readUInt8(at + 1);
    const headerBytes = short < 126 ? 2 : short === 126 ? 4 : 10;
    const length = short < 126 ? short : short === 126 ? frames.readUInt16BE(at + 2) : frames.readUInt32BE(at + 6);
    payloads.push(frames.subarray(at + headerBytes, at + headerBytes + length));
    at += headerBytes + length;
  }
  return payloads;
};

interface Privates {
  readonly _socket?: Partial<Duplex> | null;
  readonly _sender?: { readonly _socket?: unknown; readonly _state?: unknown; readonly _queue?: unknown } | null;
  readonly _receiver?: { _fragments?: unknown } | null;
}

/** `_sender._state` while nothing is being compressed: frames may then be written past the sender. */
const senderIsIdle = 0;

/** The stream under an accepted WebSocket, or null when `ws` does not keep it where and how it did in the pinned version. */
export const streamUnder = (ws: WebSocket): Duplex | null => {
  const { _socket: stream, _sender: sender } = ws as unknown as Privates;
  const known =
    typeof stream?.write === 'function' &&
    typeof stream.cork === 'function' &&
    typeof stream.uncork === 'function' &&
    sender?._socket === stream &&
    sender._state === senderIsIdle &&
    Array.isArray(sender._queue);
  return known ? (stream as Duplex) : null;
};

/** Writes ready-made frames, several of them joined in one buffer or one alone. Only while the socket is open. */
export const writeFrames = (ws: WebSocket, stream: Duplex | null, frames: Buffer): void => {
  if (ws.readyState !== WebSocket.OPEN) return;
  if (stream) {
    stream.write(frames);
    return;
  }
  for (const payload of payloadsOf(frames)) ws.send(payload, { binary: false });
};

/**
 * Call this with each message, and with the list that it returned before. `ws` then has a new list for the fragments of the next one: on a
 * connection with a few messages a second it waits long enough to become old, and once it is garbage it keeps the fragments that it got until a
 * full collection. The first list stays.
 */
export const keepFragmentList = (ws: WebSocket, kept: unknown[] | null): unknown[] | null => {
  const { _receiver: receiver } = ws as unknown as Privates;
  const next: unknown = receiver?._fragments;
  if (!receiver || !Array.isArray(next) || next.length > 0) return kept;
  const list: unknown[] = kept ?? next;
  list.length = 0;
  receiver._fragments = list;
  return list;
};
