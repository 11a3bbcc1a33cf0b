import type { Gateways } from './gateways.js';
import { ParleyError, errorFrom } from './parley-error.js';

export type Fetch = typeof fetch;

export interface RestRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;
  readonly body?: unknown;
  readonly accessToken?: string;
}

export interface RestOptions {
  readonly gateways: Gateways;
  readonly fetch: Fetch;
  readonly timeoutMs: number;
  readonly traceparent?: (() => string | undefined) | undefined;
}

/** One request, answered with its JSON or rejected with a ParleyError. */
export const restRequest = async <T>(options: RestOptions, request: RestRequest): Promise<T> => {
  const response = await reach(options, request);
  const text = await response.text().catch((cause: unknown) => {
    throw unreachable(cause);
  });
  const body = parse(text);
  if (response.ok) return body as T;
  const after = Number(response.headers.get('retry-after') ?? NaN) * 1000;
  const detail = (body as { detail?: unknown } | undefined)?.detail;
  const told = isProblem(body) ? body : { code: codeOf(response.status), reason: `http_${response.status}` };
  const message = typeof detail === 'string' ? detail : `The server answered ${response.status}`;
  throw errorFrom(told, message, Number.isFinite(after) ? after : undefined);
};

const reach = async (
  { gateways, fetch, timeoutMs, traceparent }: RestOptions,
  request: RestRequest,
): Promise<Response> => {
  const trace = traceparent?.();
  const url = gateways.current;
  const { method, path, query, body, accessToken } = request;
  try {
    return await fetch(`${url}${path}${queryText(query)}`, {
      method,
      headers: {
        Accept: 'application/json, application/problem+json',
        ...(accessToken !== undefined && { Authorization: `Bearer ${accessToken}` }),
        ...(trace !== undefined && { traceparent: trace }),
        ...(body !== undefined && { 'Content-Type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(timeoutMs),
    });
  } catch (cause) {
    gateways.leave(url);
    throw unreachable(cause);
  }
};

const queryText = (query: RestRequest['query']): string => {
  const pairs = Object.entries(query ?? {}).flatMap(([name, value]) => {
    if (value === undefined) return [];
    const values = typeof value === 'object' ? value : [value];
    return values.map((each) => `${encodeURIComponent(name)}=${encodeURIComponent(String(each))}`);
  });
  return pairs.length > 0 ? `?${pairs.join('&')}` : '';
};

const parse = (text: string): unknown => {
  try {
    return text === '' ? undefined : (JSON.parse(text) as unknown);
  } catch {
    // Something between us and the server answered in its own words; the status says enough.
    return undefined;
  }
};

const isProblem = (body: unknown): boolean =>
  typeof body === 'object' && body !== null && 'code' in body && 'reason' in body;

/** For answers of what stands in front of the server: proxies know nothing of codes. */
const codeOf = (status: number): string => {
  if (status === 401) return 'unauthenticated';
  if (status === 403) return 'forbidden';
  if (status === 404) return 'not_found';
  if (status === 429) return 'rate_limited';
  if (status === 502 || status === 503 || status === 504) return 'unavailable';
  return status >= 500 ? 'internal' : 'invalid';
};

const unreachable = (cause: unknown): ParleyError =>
  new ParleyError('unavailable', 'unreachable', 'The server cannot be reached', { cause });
