import type { Duplex } from 'node:stream';

/** How long the response to a handshake waits for the greeting; it is looked at this often. */
const heldMs = 50;

/**
 * Responses to handshakes whose connections are being opened. A client that brought its credentials is greeted within milliseconds, and response and greeting
 * are then one write of the gateway and one read of the client. Where opening takes longer, the response goes first.
 */
export class HeldHandshakes {
  /** In the order in which they were held. */
  private readonly since = new Map<Duplex, number>();
  private timer: NodeJS.Timeout | null = null;

  hold(stream: Duplex): void {
    stream.cork();
    this.since.set(stream, performance.now());
    this.timer ??= setInterval(() => this.releaseOld(), heldMs).unref();
  }

  /** Sends what was held; does nothing if that happened before. */
  release(stream: Duplex): void {
    if (!this.since.delete(stream)) return;
    stream.uncork();
    if (this.since.size > 0 || !this.timer) return;
    clearInterval(this.timer);
    this.timer = null;
  }

  private releaseOld(): void {
    const before = performance.now() - heldMs;
    for (const [stream, since] of this.since) {
      if (since > before) return;
      this.release(stream);
    }
  }
}
