import { type Grant, signUp, type Target } from '@parley/client';
import { openSocket, type TestSocket } from '@parley/testing';
import { type Answer, ask, done, unique } from './http.js';

export interface V1User {
  readonly id: string;
  readonly username: string;
  readonly password: string;
  readonly token: string;
  readonly grant: Grant;
}

const password = 'correct horse';

/** A new account of the v1 wire with this name, signed in. */
export const signUpV1 = async (url: string, username: string, secret = password): Promise<V1User> => {
  const grant = await signUp({ url, username, password: secret });
  return { username, password: secret, id: grant.account.id, token: grant.accessToken, grant };
};

/** A new account of the v1 wire with a name of its own, signed in. */
export const v1User = (url: string, word = 'ada'): Promise<V1User> => signUpV1(url, unique(word));

/** A request below /v1 as this user; its answer's body is looked at as it is. */
export const as =
  (url: string, user: { readonly token: string } | null) =>
  (request: string, body?: unknown): Promise<Answer> => {
    const [method = '', path = ''] = request.split(' ');
    const token = user === null ? {} : { token: user.token };
    return ask(method, `${url}/v1${path}`, { ...token, ...(body !== undefined && { body }) });
  };

/** The content of a text message. */
export const textContent = (text: string) => ({ type: 'text', text }) as const;

/** A socket after its greeting, without the SDK, which would repair by itself what the gateway is to repair. */
export const v1Socket = async (url: string, token: string): Promise<TestSocket> => {
  const socket = await openSocket(`${url}/v1/socket`, { headers: { authorization: `Bearer ${token}` } });
  await socket.waitFor('session.opened');
  return socket;
};

/** The error of an answer on a v1 socket. */
export class V1Error extends Error {
  constructor(
    message: string,
    readonly code: string,
    readonly reason: string,
  ) {
    super(message);
  }
}

interface CreatedMessage {
  readonly id: string;
  readonly channelId: string;
  readonly sequence: number;
}

interface Notification {
  readonly method?: string;
  readonly params: {
    readonly channelId: string;
    readonly message: CreatedMessage & { readonly content: { readonly text: string } };
  };
}

/** A user with a socket that keeps its messages and the moments (`performance.now()`) when they came. */
export interface V1Member {
  readonly id: string;
  readonly token: string;
  readonly socket: TestSocket;
  readonly received: readonly { readonly message: CreatedMessage; readonly text: string; readonly at: number }[];
  readonly removals: readonly { readonly channelId: string; readonly at: number }[];
  /** Calls a method; rejects with a `V1Error`. */
  call(method: string, params: object): Promise<unknown>;
  /** A request below /v1 that has to succeed. */
  rest(method: string, path: string, body?: unknown): Promise<never>;
  send(target: Exclude<Target, string>, text: string): Promise<unknown>;
}

export const v1Member = async (url: string, username: string): Promise<V1Member> => {
  const { id, token } = await signUpV1(url, username);
  const socket = await v1Socket(url, token);
  const received: V1Member['received'][number][] = [];
  const removals: V1Member['removals'][number][] = [];
  socket.socket.on('message', (data: Buffer) => {
    const { method, params } = JSON.parse(data.toString()) as Notification;
    const at = performance.now();
    if (method === 'message.created') received.push({ message: params.message, text: params.message.content.text, at });
    if (method === 'member.removed') removals.push({ channelId: params.channelId, at });
  });
  let calls = 0;
  const call = async (method: string, params: object): Promise<unknown> => {
    const callId = (calls += 1);
    socket.send({ jsonrpc: '2.0', id: callId, method, params });
    const { result, error } = (await socket.waitFor((frame) => frame.id === callId)) as {
      result?: unknown;
      error?: { message: string; data: { code: string; reason: string } };
    };
    if (error) throw new V1Error(error.message, error.data.code, error.data.reason);
    return result;
  };
  const rest = (method: string, path: string, body?: unknown): Promise<never> =>
    done(method, `${url}/v1${path}`, { token, body });
  let sent = 0;
  const send = (target: Exclude<Target, string>, text: string): Promise<unknown> =>
    call('message.send', { ...target, clientId: `${username}-${(sent += 1)}`, content: textContent(text) });
  return { id, token, socket, received, removals, call, rest, send };
};
