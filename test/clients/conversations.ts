import { type OpenOptions, openSocket, type TestSocket } from '@parley/testing';
import { type Answer, ask, done, unique } from './http.js';

export interface ConversationsUser {
  readonly id: number;
  readonly username: string;
  readonly email: string;
  readonly password: string;
  readonly token: string;
}

/** A new account of the conversations wire with this name, signed in. */
export const signUpConversations = async (
  url: string,
  username: string,
  password = 'TestPassword123',
): Promise<ConversationsUser> => {
  const email = `${username}@example.com`;
  const body = { email, username, first_name: 'Test', last_name: 'User', password };
  const answer: { access_token: string; user: { id: number } } = await done('POST', `${url}/users/register`, { body });
  return { id: answer.user.id, username, email, password, token: answer.access_token };
};

/** A new account of the conversations wire with a name of its own, signed in. */
export const conversationsUser = (url: string, name = 'user'): Promise<ConversationsUser> =>
  signUpConversations(url, unique(name));

/** Signs in as the README does: with a form. */
export const signIn = (url: string, username: string, password: string): Promise<Answer> =>
  ask('POST', `${url}/auth/token`, { body: new URLSearchParams({ username, password }) });

export interface Conversation {
  readonly id: number;
  readonly title: string;
}

type Signed = Pick<ConversationsUser, 'token'>;

export const newConversation = (
  url: string,
  { token }: Signed,
  others: readonly Pick<ConversationsUser, 'id'>[],
  title = 'Roommate Chat',
): Promise<Conversation> => {
  const body = { title, participant_ids: others.map(({ id }) => id) };
  return done('POST', `${url}/conversations/`, { token, body });
};

export interface ConversationMessage {
  readonly id: number;
  readonly content: string;
  readonly sender_name: string;
}

export const historyOf = (
  url: string,
  { token }: Signed,
  { id }: Pick<Conversation, 'id'>,
): Promise<ConversationMessage[]> => done('GET', `${url}/conversations/${id}/messages`, { token });

/** Where the socket of a conversation is opened. */
export const conversationPath = ({ token }: Signed, { id }: Pick<Conversation, 'id'>): string =>
  `/conversations/${id}/ws?token=${token}`;

/** A socket in a conversation, after its greeting. */
export const join = async (
  url: string,
  user: Signed,
  conversation: Pick<Conversation, 'id'>,
  options?: OpenOptions,
): Promise<TestSocket> => {
  const socket = await openSocket(url + conversationPath(user, conversation), options);
  await socket.waitFor('connection');
  return socket;
};
