import type { ChannelId } from '@parley/contracts';
import type { Log } from '@parley/runtime';
import type { FrameSink } from '../broadcast/buffered-socket.js';
import type { WriteBuffer } from '../broadcast/write-buffer.js';
import type { RealtimeLimits } from '../limits/realtime-limits.js';
import type { Joining, StreamMember } from '../streams/member.js';
import type { TimerWheel } from '../timing/timer-wheel.js';
import type { Timings } from '../timing/timings.js';
import type { ConnectionMetrics } from './connection-metrics.js';

/** What a connection needs of a WebSocket. */
export interface ConnectionSocket extends FrameSink {
  listen(listener: SocketListener): void;
  ping(payload: Buffer): void;
  pauseReading(): void;
  resumeReading(): void;
  close(code: number, reason: string): void;
  terminate(): void;
}

/** Receives what arrives on a WebSocket. */
export interface SocketListener {
  onText(text: string): void;
  onPong(payload: Buffer): void;
  onClosed(code: number): void;
}

/** What other folders do for a connection. */
export interface ConnectionHandlers<C extends StreamMember> {
  frame(connection: C, text: string): void;
  /** Frames wait because of a limit: handles those that the limits now allow. */
  delayedFrames(connection: C): void;
  suspended(connection: C): void;
  reactivated(connection: C): void;
  /** Returns whether the channel was attached. */
  detach(connection: C, channelId: ChannelId): boolean;
  follow(connection: C, joined: Joining): void;
  closed(connection: C): void;
}

export interface ConnectionDeps<C extends StreamMember> {
  readonly log: Log;
  readonly limits: RealtimeLimits;
  readonly timings: Timings;
  /** Monotonic milliseconds. */
  readonly clock: () => number;
  readonly timers: TimerWheel;
  readonly writeBuffer: WriteBuffer;
  readonly counters: ConnectionMetrics;
  readonly handlers: ConnectionHandlers<C>;
}
