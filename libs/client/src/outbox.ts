import { ParleyError, isParleyError, isRetryable, unavailable } from './parley-error.js';
import type { Sent } from './types.js';

export interface Outgoing {
  readonly clientId: string;
  readonly target: { readonly channelId: string } | { readonly directWith: string };
  readonly content: { readonly type: 'text'; readonly text: string };
}

interface Pending {
  readonly outgoing: Outgoing;
  readonly resolve: (sent: Sent) => void;
  readonly reject: (error: unknown) => void;
  readonly deadline: ReturnType<typeof setTimeout>;
  isInFlight: boolean;
  /** By `performance.now()`, like all times here: a monotonic clock. */
  notBefore: number;
}

export interface OutboxOptions {
  /** Rejects with `connection_lost` when there is no connection. */
  sendOut(outgoing: Outgoing): Promise<Sent>;
  retryMs(error: ParleyError): number;
}

const inFlightMax = 64;

/** Factor for the gap between two sends after each acknowledgement: the send rate slowly probes what the server accepts. */
const faster = 0.995;

/** Messages to be sent: each is repeated under its own client id until the server acknowledges it or its deadline passes. */
export class Outbox {
  readonly #pending = new Map<string, Pending>();
  #inFlight = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  // The gap between two sends: none at first, longer after each `rate_limited`.
  #gapMs = 0;
  #nextAt = 0;

  constructor(private readonly options: OutboxOptions) {}

  send(outgoing: Outgoing, deadlineMs: number, signal?: AbortSignal): Promise<Sent> {
    const key = keyOf(outgoing);
    if (this.#pending.has(key)) {
      const twice = new ParleyError('conflict', 'already_sending', 'A message with this client id is on its way');
      return Promise.reject(twice);
    }
    if (signal?.aborted) return Promise.reject(signal.reason as Error);
    const abort = (): void => this.#settle(key)?.reject(signal?.reason);
    signal?.addEventListener('abort', abort);
    const sending = new Promise<Sent>((resolve, reject) => {
      const deadline = setTimeout(() => this.#settle(key)?.reject(tooLate()), deadlineMs);
      this.#pending.set(key, { outgoing, resolve, reject, deadline, isInFlight: false, notBefore: 0 });
      this.flush();
    });
    return sending.finally(() => signal?.removeEventListener('abort', abort));
  }

  /** Sends what is due, in the order of the calls. Called whenever there is a connection. */
  flush(): void {
    clearTimeout(this.#timer);
    const now = performance.now();
    let next = Infinity;
    for (const [key, pending] of this.#pending) {
      if (this.#inFlight >= inFlightMax) return;
      if (pending.isInFlight) continue;
      const at = Math.max(pending.notBefore, this.#nextAt);
      if (at > now) next = Math.min(next, at);
      else {
        this.#nextAt = now + this.#gapMs;
        void this.#try(key, pending);
      }
    }
    if (next < Infinity) this.#timer = setTimeout(() => this.flush(), next - now);
  }

  /** After a reconnection or a token refresh: sends at once what was waiting for a retry. */
  retryNow(): void {
    for (const pending of this.#pending.values()) pending.notBefore = 0;
    this.flush();
  }

  stop(error: ParleyError): void {
    clearTimeout(this.#timer);
    for (const key of [...this.#pending.keys()]) this.#settle(key)?.reject(error);
  }

  async #try(key: string, pending: Pending): Promise<void> {
    pending.isInFlight = true;
    this.#inFlight++;
    try {
      const sent = await this.options.sendOut(pending.outgoing);
      this.#gapMs *= faster;
      this.#settle(key)?.resolve(sent);
    } catch (error) {
      this.#failed(key, pending, error);
    } finally {
      pending.isInFlight = false;
      this.#inFlight--;
    }
    this.flush();
  }

  #failed(key: string, pending: Pending, error: unknown): void {
    if (!isParleyError(error)) throw error;
    // Without a connection or a valid token the next connection or token retries.
    if (error.reason === 'connection_lost' || error.code === 'unauthenticated') pending.notBefore = Infinity;
    else if (isRetryable(error)) pending.notBefore = performance.now() + this.options.retryMs(error);
    else this.#settle(key)?.reject(error);
    if (error.code === 'rate_limited') this.#slowDown(error.retryAfterMs ?? 0);
  }

  #slowDown(retryAfterMs: number): void {
    const now = performance.now();
    const isNews = this.#nextAt <= now + this.#gapMs;
    if (isNews) this.#gapMs = Math.min(1_000, Math.max(25, this.#gapMs * 1.5));
    this.#nextAt = Math.max(this.#nextAt, now + Math.max(retryAfterMs, 200));
  }

  #settle(key: string): Pending | undefined {
    const pending = this.#pending.get(key);
    if (!pending) return undefined;
    clearTimeout(pending.deadline);
    this.#pending.delete(key);
    return pending;
  }
}

const keyOf = ({ clientId, target }: Outgoing): string =>
  JSON.stringify(['channelId' in target ? target.channelId : `@${target.directWith}`, clientId]);

/** What was sent may have been stored. */
export const tooLate = (): ParleyError =>
  unavailable('send_deadline', 'The server did not acknowledge it in time; it may be stored');
