import { errorOfAnswer, isObject, parseAnswer, retryAfterMs } from './answer.js';
import type { Gateways } from './gateways.js';
import { ParleyError, unreachable } from './parley-error.js';

export type Fetch = typeof fetch;

export interface RestRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** The path segments below the gateway's URL; each is percent-encoded. */
  readonly path: readonly string[];
  /** Fields that the response of Parley always has; `nothing`: it is a 204 without a body. */
  readonly answer: readonly string[] | 'nothing';
  readonly query?: Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;
  readonly body?: unknown;
  readonly accessToken?: string;
  readonly idempotencyKey?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface RestOptions {
  readonly gateways: Gateways;
  readonly fetch: Fetch;
  readonly timeoutMs: number;
  readonly traceparent?: (() => string | undefined) | undefined;
}

/** The fields of every response that holds tokens. */
export const grantFields: readonly string[] = ['accessToken', 'accessTokenExpiresAt', 'refreshToken', 'account'];

/**
 * Sends one request; resolves with the JSON of the response. Rejects with the error of a problem document that has `code` and `reason`; a
 * response that Parley did not write becomes `unavailable` `unexpected_answer`.
 */
export const restRequest = async <T>(options: RestOptions, request: RestRequest): Promise<T> => {
  const url = options.gateways.current;
  const response = await reach(options, url, request);
  const text = await response.text().catch((cause: unknown) => {
    request.signal?.throwIfAborted();
    options.gateways.leave(url);
    throw unreachable(cause);
  });
  const body = parseAnswer(text);
  if (response.ok && isAnswer(response.status, body, request.answer)) return body as T;
  const header = (name: string) => response.headers.get(name);
  const error = errorOfAnswer(response.ok ? null : body, response.status, retryAfterMs(header));
  if (error.reason === 'unexpected_answer') options.gateways.leave(url);
  throw error;
};

const reach = async (
  { fetch, timeoutMs, traceparent, gateways }: RestOptions,
  url: string,
  request: RestRequest,
): Promise<Response> => {
  const trace = traceparent?.();
  const { method, query, body, accessToken, idempotencyKey, signal } = request;
  const path = pathText(request.path);
  try {
    return await fetch(`${url}${path}${queryText(query)}`, {
      method,
      // Parley never redirects: a redirect comes from a proxy or a captive portal, which must not see a token.
      redirect: 'manual',
      headers: {
        Accept: 'application/json, application/problem+json',
        ...(accessToken !== undefined && { Authorization: `Bearer ${accessToken}` }),
        ...(idempotencyKey !== undefined && { 'Idempotency-Key': idempotencyKey }),
        ...(trace !== undefined && { traceparent: trace }),
        ...(body !== undefined && { 'Content-Type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: signal ? AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]) : AbortSignal.timeout(timeoutMs),
    });
  } catch (cause) {
    signal?.throwIfAborted();
    gateways.leave(url);
    throw unreachable(cause);
  }
};

const pathText = (segments: readonly unknown[]): string =>
  segments.map((segment) => `/${encodeSegment(segment)}`).join('');

/** URL parsers resolve `.` and `..` even when they are percent-encoded, so these cannot be sent as an id. */
const encodeSegment = (segment: unknown): string => {
  if (typeof segment !== 'string' || ['', '.', '..'].includes(segment) || /\p{Surrogate}/u.test(segment)) {
    throw new ParleyError('invalid', 'invalid_id', 'An id must be a non-empty string other than "." and ".."');
  }
  return encodeURIComponent(segment);
};

const queryText = (query: RestRequest['query']): string => {
  const pairs = Object.entries(query ?? {}).flatMap(([name, value]) =>
    [value ?? []].flat().map((each) => [name, String(each)] as [string, string]),
  );
  return pairs.length > 0 ? `?${new URLSearchParams(pairs).toString()}` : '';
};

const isAnswer = (status: number, body: unknown, answer: RestRequest['answer']): boolean =>
  answer === 'nothing'
    ? status === 204 && body === undefined
    : isObject(body) && answer.every((field) => body[field] !== undefined);
