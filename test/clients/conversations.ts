import { type OpenOptions, openSocket, type TestSocket } from '@parley/testing';
import { type Answer, ask, unique } from './http.js';

export interface ConversationsUser {
  readonly id: number;
  readonly username: string;
  readonly email: string;
  readonly password: string;
  readonly token: string;
}

export const conversationsUser = async (url: string, name = 'user'): Promise<ConversationsUser> => {
  const username = unique(name);
  const [email, password] = [`${username}@example.com`, 'TestPassword123'];
  const body = { email, username, first_name: 'Test', last_name: 'User', password };
  const answer = (await ask('POST', `${url}/users/register`, { body })).body as {
    access_token: string;
    user: { id: number };
  };
  return { id: answer.user.id, username, email, password, token: answer.access_token };
};

/** Signs in as the README does: with a form. */
export const signIn = (url: string, username: string, password: string): Promise<Answer> =>
  ask('POST', `${url}/auth/token`, {
    body: new URLSearchParams({ username, password }).toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  });

export interface Conversation {
  readonly id: number;
  readonly title: string;
}

export const newConversation = async (
  url: string,
  owner: ConversationsUser,
  others: readonly ConversationsUser[],
  title = 'Roommate Chat',
): Promise<Conversation> => {
  const body = { title, participant_ids: others.map(({ id }) => id) };
  return (await ask('POST', `${url}/conversations/`, { token: owner.token, body })).body;
};

export const historyOf = async (url: string, user: ConversationsUser, { id }: Conversation) =>
  (await ask('GET', `${url}/conversations/${id}/messages`, { token: user.token })).body as {
    id: number;
    content: string;
    sender_name: string;
  }[];

/** A socket in a conversation, after it was told so. */
export const join = async (
  url: string,
  user: ConversationsUser,
  { id }: Conversation,
  options?: OpenOptions,
): Promise<TestSocket> => {
  const socket = await openSocket(`${url}/conversations/${id}/ws?token=${user.token}`, options);
  await socket.waitFor('connection');
  return socket;
};
