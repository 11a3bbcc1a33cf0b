import { randomBytes } from 'node:crypto';

const payloadBytes = 8;

/** Pings one client and notices when it does not answer. Times are monotonic milliseconds. */
export class Heartbeat {
  /** What the last ping said, until it is answered. */
  private awaited: Buffer | null = null;
  private pingAt: number;

  constructor(
    private readonly everyMs: number,
    now: number,
  ) {
    // Spread, so that those who connected together are not pinged together for ever.
    this.pingAt = now + everyMs * (0.5 + Math.random() * 0.5);
  }

  /** When `beat` is to be called. */
  get dueAt(): number {
    return this.pingAt;
  }

  /** The payload of the next ping; null: the last one was not answered. */
  beat(now: number): Buffer | null {
    if (this.awaited) return null;
    this.awaited = randomBytes(payloadBytes);
    this.pingAt = now + this.everyMs;
    return this.awaited;
  }

  /** Only the payload of the ping itself shows that the client reads what it is sent. */
  onPong(payload: Buffer): void {
    if (this.awaited?.equals(payload)) this.awaited = null;
  }

  /** The answer to the last ping may be among what was not read: the next ping counts. */
  excuse(): void {
    this.awaited = null;
  }
}
