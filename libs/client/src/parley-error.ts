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
    super(message, details.cause === undefined ? {} : details);
    this.code = code;
    this.reason = reason;
    if (details.retryAfterMs !== undefined) this.retryAfterMs = details.retryAfterMs;
  }
}

/** The error of a failure that may pass. */
export const unavailable = (
  reason: string,
  message: string,
  details?: ConstructorParameters<typeof ParleyError>[3],
): ParleyError => new ParleyError('unavailable', reason, message, details);

export const unreachable = (cause?: unknown): ParleyError =>
  unavailable('unreachable', 'The server cannot be reached', { cause });

/** Whether the client, or the server through it, made this error. */
export const isParleyError = (error: unknown): error is ParleyError => error instanceof ParleyError;

/** A longer `Retry-After` is reduced to this, so that no proxy keeps a client away for hours. */
export const retryAfterMaxMs = 600_000;

const retryable: readonly string[] = ['unavailable', 'rate_limited', 'internal'] satisfies ErrorCode[];

/** Whether the same request may succeed later: `unavailable`, `rate_limited` and `internal`. */
export const isRetryable = (error: unknown): boolean => isParleyError(error) && retryable.includes(error.code);

/** The error that a problem document, or the `data` of a JSON-RPC error, describes. */
export const errorFrom = (fault: unknown, message: unknown, retryAfterMs?: number): ParleyError => {
  const { code, reason, retryAfterMs: own } = (fault ?? {}) as Record<string, unknown>;
  const text = (value: unknown, instead: string): string => (typeof value === 'string' ? value : instead);
  return new ParleyError(
    text(code, 'internal') as ErrorCode,
    text(reason, 'unknown'),
    text(message, 'The server refused'),
    { retryAfterMs: typeof own === 'number' ? own : retryAfterMs },
  );
};

/** @deprecated Use {@link isRetryable}; this name goes with the next release. */
export const isPassing = (error: unknown): boolean => isRetryable(error);
