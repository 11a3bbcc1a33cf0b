import { randomBytes } from 'node:crypto';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // Tests read what a server answered as it is.
  readonly body: never;
}

export interface Request {
  readonly token?: string | undefined;
  /** A string is sent unchanged, `URLSearchParams` as a form, anything else as JSON. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A request; resolves with any answer. */
export const ask = async (
  method: string,
  url: string,
  { token, body, headers = {} }: Request = {},
): Promise<Answer> => {
  const response = await fetch(url, {
    method,
    headers: {
      ...(body === undefined || body instanceof URLSearchParams ? {} : { 'content-type': 'application/json' }),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: bytesOf(body) }),
  });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    body: (isJson(text) ? JSON.parse(text) : text) as never,
  };
};

/** A request that has to succeed; resolves with the body of its answer, whose type the caller names: the body is not checked. */
export const done = async <T = unknown>(method: string, url: string, request?: Request): Promise<T> => {
  const { status, body } = await ask(method, url, request);
  if (status >= 400) throw new Error(`${method} ${url}: ${status} ${JSON.stringify(body).slice(0, 300)}`);
  return body;
};

const bytesOf = (body: unknown): string | URLSearchParams =>
  typeof body === 'string' || body instanceof URLSearchParams ? body : JSON.stringify(body);

const isJson = (text: string): boolean => text.startsWith('{') || text.startsWith('[');

/** A name that no other test has. */
export const unique = (word: string): string => `${word}-${randomBytes(5).toString('hex')}`;
