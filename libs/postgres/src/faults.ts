import { Fault, asFault, isFault } from '@parley/contracts';

/** The Fault for each constraint, by the constraint's name. */
export type FaultsByConstraint = Readonly<Record<string, () => Fault>>;

const retryAfterMs = 1_000;

/** 23503 foreign key, 23505 unique, 23514 check, 23P01 exclusion. */
const constraintCodes = new Set(['23503', '23505', '23514', '23P01']);
/** 22021: U+0000 in a text; 22P05: a character that the encoding lacks. */
const badTextCodes = new Set(['22021', '22P05']);
/** Shutdown, crash, start-up, a terminated session, too many connections, a server that became a standby. */
const lostCodes = new Set(['57P01', '57P02', '57P03', '57P05', '25P03', '53300', '25006']);
const lostSystemCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);
const lostMessages =
  /Connection terminated|Connection ended|timeout expired|not queryable|Query read timeout|operation timed out|Unable to acquire a connection/;

interface SqlError extends Error {
  readonly code?: string;
  readonly constraint?: string;
}

/**
 * Any error of a statement or a pool as a Fault; a Fault is returned unchanged. A violated constraint becomes its Fault in `byConstraint`,
 * a lost connection or an exhausted pool `unavailable` `store_unavailable`, everything unexpected `internal`.
 */
export const faultFromSql = (error: unknown, byConstraint: FaultsByConstraint = {}): Fault => {
  if (isFault(error)) return error;
  if (!(error instanceof Error)) return asFault(error);
  const { code = '', constraint = '' } = error as SqlError;
  const named = constraintCodes.has(code) ? byConstraint[constraint] : undefined;
  if (named !== undefined) return named();
  if (badTextCodes.has(code)) {
    return new Fault('invalid', 'bad_text', 'The text holds characters that cannot be kept', {
      cause: withoutValues(error, code),
    });
  }
  if (code === '57014') {
    return new Fault('unavailable', 'store_timeout', 'The store took too long to answer', {
      cause: error,
      retryAfterMs,
    });
  }
  if (isLost(error)) {
    return new Fault('unavailable', 'store_unavailable', 'The store cannot be reached', { cause: error, retryAfterMs });
  }
  return asFault(code.startsWith('22') ? withoutValues(error, code) : error);
};

/** Whether the transaction may succeed when it runs again: a serialization failure or a deadlock. */
export const isWorthRepeating = (error: unknown): boolean =>
  error instanceof Error && ['40001', '40P01'].includes((error as SqlError).code ?? '');

/** Whether the connection, rather than the statement, failed. */
const isLost = (error: Error): boolean => {
  const { code = '' } = error as SqlError;
  if (code.startsWith('08') || lostCodes.has(code) || lostSystemCodes.has(code)) return true;
  if (error.name === 'KnexTimeoutError' || error.name === 'TimeoutError') return true;
  // Node tries each address of a host name and aggregates the errors.
  if (error instanceof AggregateError) return error.errors.some((one) => one instanceof Error && isLost(one));
  return lostMessages.test(error.message);
};

/** PostgreSQL quotes values that it could not convert, and what a user typed must not be logged. */
const withoutValues = (error: Error, code: string): Error => {
  const place = (error.stack ?? '').split('\n').filter((line) => line.startsWith('    at '));
  const copy = new Error(`SQL error ${code} (its text may quote data and is left out)`);
  copy.stack = [copy.message, ...place].join('\n');
  return copy;
};
