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
 * The outgoing side of one connection: frames for it alone that wait for the next flush, and how far its client is behind. Only this
 * folder writes its fields.
 */
export class BufferedSocket {
  own: Buffer[] | null = null;
  ownBytes = 0;
  touchedIn = 0;
  touches = 0;
  /** What this flush writes to a socket that it touches more than once. */
  joining: Buffer[] | null = null;
  joiningBytes = 0;
  /** Since when more than the soft limit is pending, in monotonic milliseconds; 0: it is not. */
  behindSince = 0;

  constructor(
    readonly socket: FrameSink,
    /** The connection of this socket. */
    readonly view: OutputOwner,
  ) {}

  /** Closes the connection, because its client reads too slowly. */
  tooSlow(): void {
    this.view.tooSlow();
  }

  /** Bytes in this process that the client has not taken yet. */
  get pendingBytes(): number {
    return this.ownBytes + this.socket.pendingBytes;
  }

  /** Drops pending frames: the connection is closed. */
  clear(): void {
    this.own = null;
    this.ownBytes = 0;
  }
}

/** A connection, as streams and groups see it. */
export interface Subscriber extends ConnectionView {
  readonly output: BufferedSocket;
}
