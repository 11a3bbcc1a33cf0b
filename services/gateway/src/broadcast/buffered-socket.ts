import type { ConnectionView } from '../protocol/dialect.js';

/** What the write buffer needs of a WebSocket. */
export interface FrameSink {
  readonly isOpen: boolean;
  /** Bytes that the client has not taken yet. */
  readonly pendingBytes: number;
  write(frames: Buffer): void;
  /** Between `cork` and `uncork`, writes gather and then leave as one. */
  cork(): void;
  uncork(): void;
}

/** The connection of a buffered socket, as dialects see it. */
export interface OutputOwner extends ConnectionView {
  tooSlow(): void;
}

/**
 * The outgoing side of one connection: frames for it alone that wait for the next flush, and how far its client is behind. Its fields
 * are written by this folder alone.
 */
export class BufferedSocket {
  own: Buffer[] | null = null;
  ownBytes = 0;
  touchedIn = 0;
  touches = 0;
  corkedIn = 0;
  /** Since when more than the soft limit waits for the client, in monotonic milliseconds; 0: it does not. */
  behindSince = 0;

  constructor(
    readonly socket: FrameSink,
    /** Whose socket it is. */
    readonly view: OutputOwner,
  ) {}

  /** Closes the connection, whose client takes less than it is sent. */
  tooSlow(): void {
    this.view.tooSlow();
  }

  /** Bytes that wait for the client, in this process. */
  get pendingBytes(): number {
    return this.ownBytes + this.socket.pendingBytes;
  }

  /** Drops what waits: the connection is closed. */
  clear(): void {
    this.own = null;
    this.ownBytes = 0;
  }
}

/** A connection, as streams and groups see it. */
export interface Subscriber extends ConnectionView {
  readonly output: BufferedSocket;
}
