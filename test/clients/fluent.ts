import { openSocket, type TestSocket } from '@parley/testing';
import { ask, unique } from './http.js';

export interface FluentUser {
  readonly id: number;
  readonly username: string;
  readonly email: string;
  readonly password: string;
  readonly publicKey: string;
  readonly token: string;
  readonly refreshToken: string;
}

export const newFluentUser = (name = 'user') => {
  const username = unique(name);
  const email = `${username}@example.com`;
  return { username, email, password: 'a password', public_key: `key of ${username}` };
};

export const fluentUser = async (url: string, name?: string): Promise<FluentUser> => {
  const body = newFluentUser(name);
  const { username, password } = body;
  const { id } = (await ask('POST', `${url}/auth/register`, { body })).body as { id: number };
  const login = await ask('POST', `${url}/auth/login`, { body: { username, password } });
  const { access_token: token, refresh_token: refreshToken } = login.body as Record<string, string> as {
    access_token: string;
    refresh_token: string;
  };
  return { id, username, email: body.email, password, publicKey: body.public_key, token, refreshToken };
};

/** What the app knows others by. */
export const partner = ({ id, username, publicKey }: FluentUser) => ({
  id,
  user_name: username,
  public_key: publicKey,
});

export const chatSocket = (url: string, { token }: FluentUser): Promise<TestSocket> =>
  openSocket(`${url}/chat/ws?token=${token}`);

/** As the app encrypts: once for each. Here a ciphertext is whatever says whom it is for. */
export const sealed = ({ id }: FluentUser, text: string) => ({
  receiverID: id,
  receiver_encrypted: `receiver:${text}`,
  sender_encrypted: `sender:${text}`,
  messageType: 'text',
});

export interface Item {
  readonly sender_id: number;
  readonly receiver_id: number;
  readonly content: string;
  readonly message_type: string;
  readonly timestamp: string;
}

export const messagesOf = async (url: string, { token }: FluentUser, { id }: FluentUser, query = '') =>
  (await ask('GET', `${url}/chat/all_messages?partnerID=${id}${query}`, { token })).body as Item[];
