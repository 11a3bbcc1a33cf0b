import { unique } from '../clients/http.js';
import { as, textContent, v1Socket, type V1User } from '../clients/v1.js';

export interface Changed {
  readonly entry: { readonly kind: string; readonly sequence: number; readonly [field: string]: unknown };
  readonly repeated: boolean;
  readonly inboxSequence?: number;
}
export interface Sent {
  readonly id: string;
  readonly channelId: string;
  readonly sequence: number;
}

/** A user with a socket, and the entries that it received. */
export const member = async (url: string, user: V1User) => {
  const socket = await v1Socket(url, user.token);
  let calls = 0;
  const call = async <T>(method: string, params: object): Promise<T> => {
    const id = `c${(calls += 1)}`;
    socket.send({ jsonrpc: '2.0', id, method, params });
    const { result, error } = await socket.waitFor((frame) => frame['id'] === id);
    if (error) throw new Error(JSON.stringify(error));
    return result as T;
  };
  const say = (target: object, text: string, more: object = {}): Promise<Sent> =>
    call('message.send', { ...target, clientId: unique('say'), content: textContent(text), ...more });
  const change = (method: string, messageId: string, more: object = {}): Promise<Changed> =>
    call(`message.${method}`, { messageId, clientId: unique('change'), ...more });
  const rest = async <T>(request: string, body?: unknown): Promise<T> => {
    const { status, body: answered } = await as(url, user)(request, body);
    if (status >= 300) throw new Error(`${request}: ${status} ${JSON.stringify(answered)}`);
    return answered;
  };
  return { user, socket, call, say, change, rest, [Symbol.dispose]: () => socket[Symbol.dispose]() };
};
export type Member = Awaited<ReturnType<typeof member>>;
export const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n + 1);
