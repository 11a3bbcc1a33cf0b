import { type Grant, signUp } from '@parley/client';
import { unique } from './platforms.js';
import { type Answer, ask } from './rooms-client.js';

export interface V1User {
  readonly id: string;
  readonly username: string;
  readonly password: string;
  readonly token: string;
  readonly grant: Grant;
}

/** A new account of the v1 wire, signed in. */
export const v1User = async (url: string, word = 'ada'): Promise<V1User> => {
  const credentials = { username: unique(word), password: 'correct horse' };
  const grant = await signUp({ url, ...credentials });
  return { ...credentials, id: grant.account.id, token: grant.accessToken, grant };
};

/** A request below /v1 as this user; its answer's body is looked at as it is. */
export const as =
  (url: string, user: { readonly token: string } | null) =>
  (request: string, body?: unknown): Promise<Answer> => {
    const [method = '', path = ''] = request.split(' ');
    const token = user === null ? {} : { token: user.token };
    return ask(method, `${url}/v1${path}`, { ...token, ...(body !== undefined && { body }) });
  };
