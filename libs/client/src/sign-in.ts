import { Gateways } from './gateways.js';
import { grantFields, restRequest } from './rest-request.js';
import type { RestOptions } from './rest-request.js';
import type { Grant } from './types.js';

/** Options of `signIn` and `signUp`. */
export interface EntryOptions {
  /** As in `ClientOptions`. */
  readonly url: string | readonly string[];
  /** Default: the platform's own `fetch`. */
  readonly fetch?: typeof fetch;
  /** Default: the server's realm for v1. */
  readonly realm?: string;
}

export const restOptions = ({
  url,
  fetch: own,
  traceparent,
}: Pick<EntryOptions, 'url' | 'fetch'> & Pick<RestOptions, 'traceparent'>): RestOptions => ({
  gateways: new Gateways(url),
  fetch: own ?? ((input, init) => fetch(input, init)),
  timeoutMs: 15_000,
  traceparent,
});

/**
 * Creates an account and signs it in. The grant is what `new ParleyClient({ tokens })` takes. Rejects with a `ParleyError`, for example
 * `conflict` `username_taken`.
 */
export const signUp = async ({
  url,
  fetch,
  ...account
}: EntryOptions & { username: string; password: string; name?: string }): Promise<Grant> =>
  restRequest(restOptions({ url, ...(fetch && { fetch }) }), {
    method: 'POST',
    path: ['v1', 'accounts'],
    body: account,
    answer: grantFields,
  });

/**
 * Signs in with a user name or e-mail address (`login`). The grant is what `new ParleyClient({ tokens })` takes. Rejects with a
 * `ParleyError`, for example `unauthenticated` `wrong_credentials`.
 */
export const signIn = async ({
  url,
  fetch,
  ...credentials
}: EntryOptions & { login: string; password: string }): Promise<Grant> =>
  restRequest(restOptions({ url, ...(fetch && { fetch }) }), {
    method: 'POST',
    path: ['v1', 'sessions'],
    body: credentials,
    answer: grantFields,
  });
