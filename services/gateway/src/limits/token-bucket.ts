/** Frames that one connection may send: `framesPerSecond` on average, `framesBurst` at once. */
export interface FrameRate {
  readonly framesPerSecond: number;
  readonly framesBurst: number;
}

/** A client with this many bursts refused in a row does not slow down at all. */
const floodingBursts = 4;

/** `retryAfterMs`: when the next frame is allowed. `flooding`: the client does not slow down. */
export type FrameRefusal = { readonly retryAfterMs: number } | 'flooding';

/** The frames that one connection may send now. Acknowledgements that the server requested cost nothing. */
export class TokenBucket {
  private tokens: number;
  /** Frames refused since the bucket was last full. */
  private refused = 0;
  private unmeteredAcks = 0;

  constructor(
    private readonly rate: FrameRate,
    private refilledAt: number,
  ) {
    this.tokens = rate.framesBurst;
  }

  /** Takes one token. `now`: monotonic milliseconds. null: the frame is allowed. */
  take(now: number): FrameRefusal | null {
    const { framesPerSecond, framesBurst } = this.rate;
    const refilled = this.tokens + ((now - this.refilledAt) * framesPerSecond) / 1000;
    this.refilledAt = now;
    this.tokens = Math.min(refilled, framesBurst);
    if (refilled >= framesBurst) this.refused = 0;
    if (this.tokens >= 1) {
      this.tokens -= 1;
      return null;
    }
    this.refused += 1;
    if (this.refused > framesBurst * floodingBursts) return 'flooding';
    return { retryAfterMs: Math.ceil(((1 - this.tokens) * 1000) / framesPerSecond) };
  }

  /** Whether it is as if it had never been used. */
  isFull(now: number): boolean {
    const { framesPerSecond, framesBurst } = this.rate;
    return this.unmeteredAcks === 0 && this.tokens + ((now - this.refilledAt) * framesPerSecond) / 1000 >= framesBurst;
  }

  giveBack(): void {
    this.tokens += 1;
  }

  /** The client received `count` messages that it must acknowledge. */
  expectAcks(count: number): void {
    this.unmeteredAcks += count;
  }

  /** Whether the frame for which `take` returned `refusal` is an expected acknowledgement. If so, the refusal is revoked. */
  isExpectedAck(refusal: FrameRefusal | null): boolean {
    if (this.unmeteredAcks <= 0) return false;
    this.unmeteredAcks -= 1;
    if (refusal === null) this.tokens += 1;
    else this.refused -= 1;
    return true;
  }
}
