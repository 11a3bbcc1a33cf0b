/** The closed list of fault codes. A dialect maps a code to its own texts and status. */
export const faultCodes = [
  'invalid',
  'unauthenticated',
  'forbidden',
  'not_found',
  'conflict',
  'exhausted',
  'rate_limited',
  'unavailable',
  'internal',
] as const;

export type FaultCode = (typeof faultCodes)[number];

export interface FaultDetails {
  /** The underlying error; logged once, never sent to a client or over the bus. */
  readonly cause?: unknown;
  /** For `rate_limited` and `unavailable`: how long to wait before a retry, in milliseconds. */
  readonly retryAfterMs?: number;
  /** For a call: no process can have received it, so nothing was done. Local to the caller, never sent over the bus. */
  readonly undelivered?: boolean;
  /** For a call: the service that was called answered with this fault. Local to the caller, never sent over the bus. */
  readonly answered?: boolean;
}

/**
 * An error that may reach a client: `code` from the closed list, `reason` a stable slug that names the broken rule, `message` a sentence
 * for people. Anything else that is thrown becomes `internal` at the next boundary.
 */
export class Fault extends Error {
  override readonly name = 'Fault';
  readonly code: FaultCode;
  readonly reason: string;
  readonly retryAfterMs?: number;
  readonly undelivered?: boolean;
  readonly answered?: boolean;

  constructor(code: FaultCode, reason: string, message: string, details: FaultDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.reason = reason;
    if (details.retryAfterMs !== undefined) this.retryAfterMs = details.retryAfterMs;
    if (details.undelivered !== undefined) this.undelivered = details.undelivered;
    if (details.answered !== undefined) this.answered = details.answered;
  }
}

export const isFault = (error: unknown): error is Fault => error instanceof Fault;

/** Any thrown value as a Fault; another error becomes `internal` with a message that reveals no internals. */
export const asFault = (error: unknown): Fault =>
  isFault(error) ? error : new Fault('internal', 'internal', 'Something went wrong on our side', { cause: error });

export const notFound = (noun: string): Fault =>
  new Fault('not_found', `${noun}_not_found`, `${noun.charAt(0).toUpperCase()}${noun.slice(1)} not found`);
