import { openSocket, type TestSocket } from '@parley/testing';
import { done, unique } from './http.js';

export interface FluentUser {
  readonly id: number;
  readonly username: string;
  readonly email: string;
  readonly password: string;
  readonly publicKey: string;
  readonly token: string;
  readonly refreshToken: string;
}

/** What a user of this name registers with. */
const registrationOf = (username: string, password = 'a password') => ({
  username,
  email: `${username}@example.com`,
  password,
  public_key: `key of ${username}`,
});

/** What a user with a name of its own registers with. */
export const newFluentUser = (name = 'user') => registrationOf(unique(name));

/** A new account of the fluent wire with this name, signed in. */
export const signUpFluent = async (url: string, username: string, secret?: string): Promise<FluentUser> => {
  const { email, password, public_key: publicKey } = registrationOf(username, secret);
  const body = { username, email, password, public_key: publicKey };
  const { id }: { id: number } = await done('POST', `${url}/auth/register`, { body });
  const login = { body: { username, password } };
  const grant: { access_token: string; refresh_token: string } = await done('POST', `${url}/auth/login`, login);
  return { id, username, email, password, publicKey, token: grant.access_token, refreshToken: grant.refresh_token };
};

/** A new account of the fluent wire with a name of its own, signed in. */
export const fluentUser = (url: string, name = 'user'): Promise<FluentUser> => signUpFluent(url, unique(name));

/** What the app knows others by. */
export const partner = ({ id, username, publicKey }: FluentUser) => ({
  id,
  user_name: username,
  public_key: publicKey,
});

/** Where the socket of a user is opened. */
export const chatPath = ({ token }: Pick<FluentUser, 'token'>): string => `/chat/ws?token=${token}`;

/** Nothing greets on this wire: messages that are sent at once may come before it is open for others. */
export const chatSocket = (url: string, user: Pick<FluentUser, 'token'>): Promise<TestSocket> =>
  openSocket(url + chatPath(user));

/** What the server answers to a frame without JSON, once the socket receives. */
export const answerToNonsense = { text: 'Invalid JSON format' };

/** A socket that certainly receives what is sent from now on. */
export const openChat = async (url: string, user: Pick<FluentUser, 'token'>): Promise<TestSocket> => {
  const socket = await chatSocket(url, user);
  socket.send('no JSON');
  await socket.waitFor(({ text }) => text === answerToNonsense.text);
  return socket;
};

/** As the app encrypts: once for each. Here a ciphertext is whatever says whom it is for. */
export const sealed = ({ id }: Pick<FluentUser, 'id'>, text: string) => ({
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

/** The messages with a partner, newest first. */
export const messagesOf = (
  url: string,
  { token }: Pick<FluentUser, 'token'>,
  { id }: Pick<FluentUser, 'id'>,
  query = '',
): Promise<Item[]> => done('GET', `${url}/chat/all_messages?partnerID=${id}${query}`, { token });
