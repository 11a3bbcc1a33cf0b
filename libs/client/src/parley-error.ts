import type { Schemas } from './protocol.js';

/** The closed list of codes: what kind of error it is, and what a client should do about it. */
export type ErrorCode = Schemas['FaultCode'];

/**
 * An error that the server returned, or a failure to reach it (`unavailable` `unreachable`). Decide by `code` and `reason`; `message` is
 * for people. `retryAfterMs`: how long the server asks to wait before a retry, in milliseconds.
 */
export class ParleyError extends Error {
  override readonly name = 'ParleyError';
  readonly code: ErrorCode;
  readonly reason: string;
  readonly retryAfterMs?: number;

  constructor(
    code: ErrorCode,
    reason: string,
    message: string,
    details: { retryAfterMs?: number | undefined; cause?: unknown } = {},
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.reason = reason;
    if (details.retryAfterMs !== undefined) this.retryAfterMs = details.retryAfterMs;
  }
}

/** Whether the client, or the server through it, made this error. */
export const isParleyError = (error: unknown): error is ParleyError => error instanceof ParleyError;

/** A longer `Retry-After` is reduced to this, so that no proxy keeps a client away for hours. */
export const retryAfterMaxMs = 600_000;

/** Whether the same request may succeed later: `unavailable`, `rate_limited` and `internal`. */
export const isRetryable = (error: unknown): boolean =>
  isParleyError(error) && (error.code === 'unavailable' || error.code === 'rate_limited' || error.code === 'internal');

/** The error that a problem document, or the `data` of a JSON-RPC error, describes. */
export const errorFrom = (fault: unknown, message: string, retryAfterMs?: number): ParleyError => {
  const { code, reason, retryAfterMs: own } = (fault ?? {}) as Record<string, unknown>;
  const after = typeof own === 'number' ? own : retryAfterMs;
  return new ParleyError(
    typeof code === 'string' ? (code as ErrorCode) : 'internal',
    typeof reason === 'string' ? reason : 'unknown',
    message,
    after === undefined ? {} : { retryAfterMs: after },
  );
};

/** @deprecated Use {@link isRetryable}; this name goes with the next release. */
export const isPassing = (error: unknown): boolean => isRetryable(error);
