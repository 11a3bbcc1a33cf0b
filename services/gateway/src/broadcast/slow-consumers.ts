import type { BufferedSocket } from './buffered-socket.js';
import { Timer } from '../timing/timer-wheel.js';
import type { TimerOwner, TimerWheel } from '../timing/timer-wheel.js';

/** A connection, as far as its output is concerned. */
export interface Consumer {
  readonly isLive: boolean;
  readonly output: BufferedSocket;
  /** Closes it with a code that asks its client to reconnect. */
  tooSlow(): void;
  /** Terminates it at once, because the memory of its pending frames is needed. */
  cutOff(): void;
}

export interface SlowConsumerLimits {
  /** More than this, for longer than `softMs`, closes a connection. */
  readonly softBytes: number;
  readonly softMs: number;
  /** Limit of the pending bytes of all connections of this process together. */
  readonly totalBytesMax: number;
  /** Between two checks. */
  readonly checkMs: number;
}

interface Deps {
  readonly timers: TimerWheel;
  readonly limits: SlowConsumerLimits;
  consumers(): Iterable<Consumer>;
  /** The memory that buffers really take: all subscribers of a stream share its frames. */
  bufferBytes?(): number;
}

/**
 * Closes connections of clients that read too slowly, by a deadline: a client that reads nothing is closed although nothing more is
 * written to it. One pass over all connections every `checkMs`, so that sending costs nothing more.
 */
export class SlowConsumers implements TimerOwner {
  private readonly timer = new Timer(this);

  constructor(private readonly deps: Deps) {
    deps.timers.set(this.timer, 0);
  }

  stop(): void {
    this.deps.timers.forget(this.timer);
  }

  onDue(now: number): void {
    this.check(now);
    this.deps.timers.set(this.timer, now + this.deps.limits.checkMs);
  }

  private check(now: number): void {
    const { limits, consumers, bufferBytes = arrayBufferBytes } = this.deps;
    const waiting: Consumer[] = [];
    let total = 0;
    for (const consumer of consumers()) {
      const bytes = consumer.output.pendingBytes;
      if (bytes === 0 || !consumer.isLive) {
        consumer.output.behindSince = 0;
        continue;
      }
      if (this.isTooSlow(consumer, bytes, now)) {
        consumer.tooSlow();
        continue;
      }
      total += bytes;
      waiting.push(consumer);
    }
    if (total <= limits.totalBytesMax) return;
    // `total` counts a shared frame once for each connection.
    shed(waiting, Math.min(total, bufferBytes()) - limits.totalBytesMax);
  }

  private isTooSlow(consumer: Consumer, bytes: number, now: number): boolean {
    const { softBytes, softMs } = this.deps.limits;
    if (bytes <= softBytes) consumer.output.behindSince = 0;
    else if (consumer.output.behindSince === 0) consumer.output.behindSince = now;
    return consumer.output.behindSince !== 0 && now - consumer.output.behindSince > softMs;
  }
}

/** Terminates the connections with the most pending bytes, until this many bytes are free. */
const shed = (waiting: readonly Consumer[], bytes: number): void => {
  if (bytes <= 0) return;
  const worstFirst = waiting
    .map((consumer) => ({ consumer, bytes: consumer.output.pendingBytes }))
    .sort((one, other) => other.bytes - one.bytes);
  let freed = 0;
  for (const worst of worstFirst) {
    if (freed >= bytes) return;
    worst.consumer.cutOff();
    freed += worst.bytes;
  }
};

const arrayBufferBytes = (): number => process.memoryUsage().arrayBuffers;
