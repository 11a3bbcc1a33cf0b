// The fluent wire after its database was moved. Expected values follow from the rows; the digits of a second are a place, not a time.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fluentRows, makeFluentDatabase } from '../../importer/src/testing/fluent-database.js';
import type { OldDatabase } from '../../importer/src/testing/databases.js';
import { messagesOf, newFluentUser, openChat } from '../clients/fluent.js';
import { done } from '../clients/http.js';
import { type Imported, openedAnswer, startImported } from './imported.js';

const passwords = { 'ada@example.com': 'fluent-ada', bob: 'fluent-bob', cleo: 'fluent-cleo' } as const;
const [ada, bob, cleo] = [1, 2, 4];

let database: OldDatabase;
let parley: Imported;
const tokens: string[] = [];
beforeAll(async () => {
  database = await makeFluentDatabase(fluentRows);
  parley = await startImported('fluent', database.url);
  for (const [username, password] of Object.entries(passwords)) {
    const body = { username, password };
    const answer = await openedAnswer<{ body: { access_token: string } }>('POST', `${parley.url}/auth/login`, { body });
    tokens.push(answer.body.access_token);
  }
});
afterAll(async () => {
  await parley.stop();
  await database[Symbol.asyncDispose]();
});

const [first, second, third] = [0, 1, 2].map((index) => ({
  get token(): string {
    return tokens[index] ?? '';
  },
}));
if (first === undefined || second === undefined || third === undefined) throw new Error('Three users');

const seen = async (user: { token: string }, partner: number | undefined) =>
  (await messagesOf(parley.url, user, { id: partner ?? 0 })).map(
    ({ sender_id, receiver_id, content, message_type, timestamp }) =>
      [sender_id, receiver_id, content, message_type, timestamp.slice(0, 19)] as const,
  );

test('everybody signs in with the old password, and is listed with id and key', async () => {
  expect(tokens.every((token) => token !== '')).toBe(true);
  expect(await done('GET', `${parley.url}/auth/get_all_users`)).toEqual([
    { id: 1, user_name: 'ada@example.com', public_key: 'key of ada' },
    { id: 2, user_name: 'bob', public_key: 'key of bob' },
    { id: 4, user_name: 'cleo', public_key: 'key of cleo' },
  ]);
});

test('each reader has its own ciphertexts, newest first', async () => {
  expect(await seen(first, bob)).toEqual([
    [1, 2, 'for 1: last', 'text', '2025-05-02T10:00:04'],
    [2, 1, 'for 1: second', 'text', '2025-05-02T10:00:00'],
    [1, 2, 'for 1: first', 'text', '2025-05-02T10:00:00'],
  ]);
  expect((await seen(second, ada)).map(([, , content]) => content)).toEqual([
    'for 2: last',
    'for 2: second',
    'for 2: first',
  ]);
  expect((await seen(third, ada)).map(([, , content]) => content)).toEqual([
    'for 4: third',
    'for 4: earlier by its time',
  ]);
  expect((await seen(first, ada)).map(([, , content]) => content)).toEqual(['for 1: a note']);
  expect(await seen(second, cleo)).toEqual([]);
});

test('chats are listed by their newest message', async () => {
  const chats = await done<{ partner: { id: number }; message: { content: string } }[]>(
    'GET',
    `${parley.url}/chat/chat_list`,
    first,
  );
  expect(chats.map(({ partner, message }) => [partner.id, message.content])).toEqual([
    [2, 'for 1: last'],
    [1, 'for 1: a note'],
    [4, 'for 1: third'],
  ]);
});

test('nothing old is sent again to a socket, and users and messages go on from there', async () => {
  const { url } = parley;
  const reader = await openChat(url, second);
  expect(reader.received).toHaveLength(1);
  const writer = await openChat(url, first);
  writer.send({ receiverID: 2, receiver_encrypted: 'for 2: new', sender_encrypted: 'for 1: new', messageType: 'text' });
  expect(await reader.waitFor(({ content }) => content === 'for 2: new')).toMatchObject({
    sender_id: 1,
    receiver_id: 2,
  });
  expect(await writer.waitFor(({ content }) => content === 'for 1: new')).toMatchObject({
    sender_id: 1,
    receiver_id: 2,
  });
  for (const { socket } of [reader, writer]) socket.terminate();
  expect((await seen(second, ada))[0]?.[2]).toBe('for 2: new');
  expect(await done('POST', `${url}/auth/register`, { body: newFluentUser() })).toMatchObject({ id: 5 });
});
