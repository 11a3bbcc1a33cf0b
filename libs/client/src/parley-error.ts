/** An error of the server, or of the road to it (`unavailable` `unreachable`). Decide by `code` and `reason`. */
export class ParleyError extends Error {
  override readonly name = 'ParleyError';
  readonly code: string;
  readonly reason: string;
  readonly retryAfterMs?: number;

  constructor(
    code: string,
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

export const isParleyError = (error: unknown): error is ParleyError => error instanceof ParleyError;

/** A longer `Retry-After` is cut to this: no proxy keeps a client away for hours. */
export const retryAfterMaxMs = 600_000;

/** Trying the same again later may work. */
export const isRetryable = (error: unknown): boolean =>
  isParleyError(error) && (error.code === 'unavailable' || error.code === 'rate_limited' || error.code === 'internal');

/** As the server wrote it, in a problem document or in a JSON-RPC error's `data`. */
export const errorFrom = (told: unknown, message: string, retryAfterMs?: number): ParleyError => {
  const { code, reason, retryAfterMs: own } = (told ?? {}) as Record<string, unknown>;
  const after = typeof own === 'number' ? own : retryAfterMs;
  return new ParleyError(
    typeof code === 'string' ? code : 'internal',
    typeof reason === 'string' ? reason : 'unknown',
    message,
    after === undefined ? {} : { retryAfterMs: after },
  );
};
