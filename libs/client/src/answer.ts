import { type ParleyError, errorFrom, retryAfterMaxMs, unavailable } from './parley-error.js';

/** The parsed JSON of a response body; `undefined` when the body is empty, `null` when it is not JSON. */
export const parseAnswer = (text: string): unknown => {
  try {
    return text === '' ? undefined : (JSON.parse(text) as unknown);
  } catch {
    // A proxy answered with a page of its own, or the body was truncated: in both cases not a response of Parley.
    return null;
  }
};

/** Something that Parley did not write. */
export const unexpected = (where: string, retryAfterMs?: number): ParleyError =>
  unavailable('unexpected_answer', `Something other than Parley answered (${where})`, { retryAfterMs });

/**
 * The error for an HTTP response that is not an expected result: `code` and `reason` of the problem document when there is one, else
 * `unavailable` `unexpected_answer`.
 */
export const errorOfAnswer = (body: unknown, status: number, retryAfterMs: number | undefined): ParleyError => {
  const { code, reason, detail = `The server answered ${status}` } = isObject(body) ? body : {};
  return [code, reason, detail].every((each) => typeof each === 'string')
    ? errorFrom(body, detail, retryAfterMs)
    : unexpected(`HTTP ${status}`, retryAfterMs);
};

export const isObject = (body: unknown): body is Record<string, unknown> =>
  typeof body === 'object' && body !== null && !Array.isArray(body);

/** `Retry-After` in milliseconds, at most `retryAfterMaxMs`: seconds, or a date, which is compared with the server's own `Date`. */
export const retryAfterMs = (header: (name: string) => string | null | undefined): number | undefined => {
  const text = header('retry-after') ?? '';
  const seconds = text === '' ? NaN : Number(text);
  const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(text) - Date.parse(header('date') ?? '');
  return Number.isFinite(ms) ? Math.min(Math.max(0, ms), retryAfterMaxMs) : undefined;
};
