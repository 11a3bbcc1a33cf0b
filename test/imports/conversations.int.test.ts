// The conversations wire after its database was moved. Expected values follow from the rows, whose times are those of Berlin.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { conversationsRows, makeConversationsDatabase } from '../../importer/src/testing/conversations-database.js';
import type { OldDatabase } from '../../importer/src/testing/databases.js';
import { join, signIn, signUpConversations } from '../clients/conversations.js';
import { ask, done } from '../clients/http.js';
import { type Imported, openedAnswer, startImported } from './imported.js';

const passwords = {
  testuser: 'TestPassword123',
  testuser2: 'TestPassword123',
  admin: 'AdminPassword123',
  alice: 'alice-password',
} as const;
type Name = keyof typeof passwords;

interface Granted {
  readonly access_token: string;
  readonly user: object;
}

let database: OldDatabase;
let parley: Imported;
const granted = new Map<Name, Granted>();
beforeAll(async () => {
  database = await makeConversationsDatabase(conversationsRows);
  parley = await startImported('conversations', database.url);
  for (const username of Object.keys(passwords) as Name[]) {
    const body = new URLSearchParams({ username, password: passwords[username] });
    const answer = await openedAnswer<{ body: Granted }>('POST', `${parley.url}/auth/token`, { body });
    granted.set(username, answer.body);
  }
});
afterAll(async () => {
  await parley.stop();
  await database[Symbol.asyncDispose]();
});

const tokenOf = (name: Name): string => granted.get(name)?.access_token ?? '';
const get = <T>(path: string, name: Name): Promise<T> => done<T>('GET', parley.url + path, { token: tokenOf(name) });

test('everybody signs in with the old password, by user name or e-mail address; an inactive user does not', async () => {
  expect([...granted.values()].map(({ user }) => user)).toMatchObject([
    {
      id: 1,
      email: 'testuser@example.com',
      username: 'testuser',
      first_name: 'TESTUSER',
      last_name: 'Smith',
      created_at: '2025-07-01T10:00:00.500000',
    },
    { id: 2 },
    { id: 3 },
    { id: 4 },
  ]);
  expect(await signIn(parley.url, 'alice@example.com', 'alice-password')).toMatchObject({ status: 200 });
  expect(await signIn(parley.url, 'gone', 'gone-password')).toMatchObject({ status: 401 });
});

test('each user has the conversations it takes part in, newest first', async () => {
  const idsOf = async (name: Name) =>
    (await get<{ id: number; title: string }[]>('/conversations/', name)).map(({ id, title }) => [id, title]);
  expect(await idsOf('testuser')).toEqual([
    [2, 'Study Group'],
    [1, 'Roommate Chat'],
  ]);
  expect(await idsOf('admin')).toEqual([[2, 'Study Group']]);
  expect(await idsOf('alice')).toEqual([]);
  expect((await get<object[]>('/conversations/', 'testuser'))[1]).toMatchObject({
    created_at: '2025-07-01T10:00:00.123000',
  });
  const people = await get<{ id: number }[]>('/conversations/2/participants', 'testuser');
  expect(people.map(({ id }) => id).sort()).toEqual([1, 2, 3]);
  expect(await ask('GET', `${parley.url}/conversations/1/messages`, { token: tokenOf('alice') })).toMatchObject({
    status: 403,
  });
});

test('the history of a conversation is whole, oldest first', async () => {
  const history = await get<object[]>('/conversations/1/messages', 'testuser2');
  expect(history).toMatchObject([
    { content: 'Did you buy milk?', sender_id: 1, sender_name: 'testuser', created_at: '2025-07-01 22:30:00.000000' },
    { content: 'Yes', sender_id: 2, sender_name: 'testuser2' },
    { content: 'From a user who is inactive now', sender_id: 8, sender_name: 'gone' },
  ]);
  expect(await get('/conversations/2/messages', 'admin')).toMatchObject([
    { content: 'Earlier by its time', sender_id: 3, created_at: '2025-12-01 11:59:59.999000' },
    { content: 'Chapter 4 on Monday', sender_id: 2 },
    { content: '', sender_id: 1 },
  ]);
});

test('users, conversations and messages go on from there', async () => {
  const { url } = parley;
  const late = await signUpConversations(url, 'late');
  expect(late.id).toBe(9);
  const body = { title: 'New', participant_ids: [1] };
  const made = await done<{ id: number; title: string }>('POST', `${url}/conversations/`, { token: late.token, body });
  expect(made.id).toBe(6);
  const [one, two] = [{ token: tokenOf('testuser') }, { token: tokenOf('testuser2') }];
  const reader = await join(url, two, { id: 1 });
  const writer = await join(url, one, { id: 1 });
  writer.send({ content: 'after the move' });
  expect(await reader.waitFor('message')).toMatchObject({
    content: 'after the move',
    sender_id: 1,
    conversation_id: 1,
  });
  for (const { socket } of [reader, writer]) socket.terminate();
  expect((await get<object[]>('/conversations/1/messages', 'testuser')).length).toBe(4);
});
