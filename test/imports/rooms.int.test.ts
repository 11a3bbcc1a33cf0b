// The rooms wire after its database was moved. Expected values follow from the rows and from how the old server answered.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeRoomsDatabase, roomsRows, roomsToken } from '../../importer/src/testing/rooms-database.js';
import { ask, done } from '../clients/http.js';
import { enter, roomPath, signUpRooms } from '../clients/rooms.js';
import { openSocket } from '@parley/testing';
import { type Imported, openedAnswer, startImported } from './imported.js';

const passwords = { admin: 'admin123', user1: 'password123', user2: 'password123', Zoë: 'Straße 7' } as const;
type Name = keyof typeof passwords;

const folder = mkdtempSync(join(tmpdir(), 'imported-rooms-'));
let parley: Imported;
const tokens = new Map<Name, string>();
beforeAll(async () => {
  const file = join(folder, 'chat.db');
  makeRoomsDatabase(file, roomsRows);
  parley = await startImported('rooms', file);
  for (const username of Object.keys(passwords) as Name[]) {
    const body = { username, password: passwords[username] };
    const answer = await openedAnswer<{ body: { access_token: string } }>('POST', `${parley.url}/api/auth/login`, {
      body,
    });
    tokens.set(username, answer.body.access_token);
  }
});
afterAll(async () => {
  await parley.stop();
  rmSync(folder, { recursive: true });
});

const get = <T>(path: string, name: Name = 'admin'): Promise<T> =>
  done<T>('GET', parley.url + path, { token: tokens.get(name) });

test('everybody signs in with the old password and has the old id; a wrong password does not', async () => {
  const me = Object.keys(passwords).map((name) => get<object>('/api/auth/me', name as Name));
  expect(await Promise.all(me)).toEqual([
    { username: 'admin', id: 1, created_at: '2024-01-01T08:00:00' },
    { username: 'user1', id: 2, created_at: '2024-01-01T08:00:01' },
    { username: 'user2', id: 3, created_at: '2024-01-01T08:00:02' },
    { username: 'Zoë', id: 7, created_at: '2024-02-03T04:05:06' },
  ]);
  const body = { username: 'admin', password: 'admin124' };
  expect(await ask('POST', `${parley.url}/api/auth/login`, { body })).toMatchObject({ status: 401 });
});

test('the rooms are listed newest first with last message and the unread count of each user', async () => {
  const rooms =
    await get<{ id: number; name: string; created_at: string; last_message: object | null }[]>('/api/rooms');
  expect(rooms.map(({ id, name, created_at }) => [id, name, created_at])).toEqual([
    [9, '', '2024-03-02T10:00:00'],
    [5, 'General', '2024-03-01T10:00:00'],
    [3, 'Tech Talk', '2024-01-01T08:00:00'],
    [2, 'Random', '2024-01-01T08:00:00'],
    [1, 'General', '2024-01-01T08:00:00'],
  ]);
  expect(rooms.map(({ last_message }) => last_message)).toMatchObject([
    null,
    { message: 'After a gap', sender: 'user1', timestamp: '2024-01-02T09:00:03' },
    null,
    { message: 'Anybody here? 👋', sender: 'user1', message_type: 'text' },
    { message: 'Nice cat', sender: 'admin' },
  ]);
  const unread = async (name: Name) =>
    (await get<{ unread_count: number }[]>('/api/rooms', name)).map(({ unread_count }) => unread_count);
  expect(await unread('admin')).toEqual([0, 1, 0, 1, 2]);
  expect(await unread('user1')).toEqual([0, 0, 0, 0, 1]);
  expect(await unread('user2')).toEqual([0, 1, 0, 1, 5]);
  expect(await unread('Zoë')).toEqual([0, 1, 0, 1, 3]);
});

test('the history of a room is whole, by time and then id, with its files', async () => {
  const text = { message_type: 'text', file_url: null, file_name: null, file_size: null, mime_type: null };
  const item = (sender: string, message: string, timestamp: string) => ({
    sender,
    message,
    timestamp,
    room_id: 1,
    ...text,
  });
  expect(await get('/api/messages/1')).toMatchObject([
    item('user2', 'Written later, by a clock that was behind', '2024-01-01T11:59:59'),
    item('admin', 'Hello, world!', '2024-01-01T12:00:00'),
    item('user1', 'Hi admin', '2024-01-01T12:00:00'),
    {
      sender: 'Zoë',
      message: 'See the plan',
      message_type: 'text_with_document',
      file_url: '/api/files/1f0c2b3a-0000-4000-8000-000000000001.pdf',
      file_name: 'plan.pdf',
      file_size: 20,
      mime_type: 'application/pdf',
      timestamp: '2024-01-02T09:00:00',
    },
    { sender: 'Zoë', message: null, message_type: 'image', file_name: 'cat.png', file_size: 4, mime_type: 'image/png' },
    item('admin', 'Nice cat', '2024-01-02T09:00:02'),
  ]);
  expect(await get('/api/messages/5')).toMatchObject([{ message: 'After a gap', room_id: 5 }]);
  expect(await get('/api/messages/9')).toEqual([]);
});

test('reactions are there with their counts, and each user sees the own one', async () => {
  interface Item {
    readonly message_id: number;
    readonly reactions: readonly object[];
    readonly user_reaction: string | null;
  }
  const both = [
    { reaction_type: '👍', count: 1 },
    { reaction_type: '❤️', count: 1 },
  ];
  const reactionsOf = async (name: Name) =>
    (await get<Item[]>('/api/messages/1', name)).map(({ reactions, user_reaction }) => [reactions, user_reaction]);
  // The fifth message of General is the picture.
  const none = [[], null];
  expect(await reactionsOf('admin')).toEqual([none, none, none, none, [both, '👍'], none]);
  expect((await reactionsOf('user1'))[4]).toEqual([both, '❤️']);
  expect((await reactionsOf('Zoë'))[4]).toEqual([both, null]);
  const { message_id = 0 } = (await get<Item[]>('/api/messages/1'))[4] ?? {};
  expect(await get(`/api/reactions/${message_id}`, 'user1')).toEqual({
    message_id,
    reactions: both,
    user_reaction: '❤️',
  });
});

test('a refresh token of the old server goes on once, and one that had ended does not', async () => {
  const refresh = (refresh_token: string) => ask('POST', `${parley.url}/api/auth/refresh`, { body: { refresh_token } });
  const renewed = await refresh(roomsToken);
  expect(renewed.status).toBe(200);
  const { access_token: token } = renewed.body as { access_token: string };
  expect(await done('GET', `${parley.url}/api/auth/me`, { token })).toMatchObject({ id: 2, username: 'user1' });
  expect(await refresh('an old token')).toMatchObject({ status: 401 });
});

test('users, rooms and messages go on from there', async () => {
  const { url } = parley;
  const late = await signUpRooms(url, 'late');
  expect(await done('GET', `${url}/api/auth/me`, late)).toMatchObject({ id: 8 });
  const taken = { username: 'ADMIN', password: 'password123' };
  expect(await ask('POST', `${url}/api/auth/signup`, { body: taken })).toMatchObject({ status: 400 });
  const room = await done<{ id: number; name: string }>('POST', `${url}/api/rooms`, { ...late, body: { name: 'New' } });
  expect(room.id).toBe(10);
  // By name the oldest room is meant, in any case.
  const reader = await openSocket(`${url}/ws/chat/GENERAL?token=${tokens.get('user2')}`);
  expect(await reader.waitFor('connected')).toMatchObject({ room_id: 1 });
  const writer = await enter(url, late, { id: 1 });
  writer.send({ type: 'message', content: 'after the move' });
  expect(await reader.waitFor('message')).toMatchObject({ sender: 'late', message: 'after the move', room_id: 1 });
  expect((await get<{ message: string }[]>('/api/messages/1')).at(-1)).toMatchObject({ message: 'after the move' });
  for (const { socket } of [reader, writer]) socket.terminate();
  expect(roomPath(late, room)).toContain('/ws/chat/10?');
});
