import { randomBytes } from 'node:crypto';

const payloadBytes = 8;

/** Pings one client and notices when it does not answer. Times are monotonic milliseconds. */
export class Heartbeat {
  /** The payload of the last ping, until it is answered. */
  private awaited: Buffer | null = null;
  private pingAt: number;

  constructor(
    private readonly everyMs: number,
    now: number,
  ) {
    // Spread at random, so that clients that connected together are not pinged together forever.
    this.pingAt = Math.ceil(now + everyMs * (0.5 + Math.random() * 0.5));
  }

  /** When `beat` is due. */
  get dueAt(): number {
    return this.pingAt;
  }

  /** The payload of the next ping; null: the last one was not answered. */
  beat(now: number): Buffer | null {
    if (this.awaited) return null;
    this.awaited = randomBytes(payloadBytes);
    this.pingAt = Math.ceil(now + this.everyMs);
    return this.awaited;
  }

  /** Only the payload of the ping itself shows that the client reads what it receives. */
  onPong(payload: Buffer): void {
    if (this.awaited?.equals(payload)) this.awaited = null;
  }

  /** The pong to the last ping may not have been read yet: the next ping counts. */
  excuse(): void {
    this.awaited = null;
  }
}
