import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { fillSqlite } from '../../testing/databases.js';
import { hashes } from '../../testing/hashes.js';
import { lines, readSource, recordsOf } from '../../testing/read-source.js';
import {
  makeEarlyRoomsDatabase,
  makeRoomsDatabase,
  roomsRows,
  roomsToken,
  type RoomsRows,
} from '../../testing/rooms-database.js';

const folder = mkdtempSync(join(tmpdir(), 'rooms-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;
const databaseWith = (rows: RoomsRows): string => {
  const file = join(folder, `chat-${(files += 1)}.db`);
  makeRoomsDatabase(file, rows);
  return file;
};
const digest = (file: string): string => createHash('sha256').update(readFileSync(file)).digest('hex');

test('accounts keep id, name, hash, time and a session for a refresh token that has not ended', async () => {
  const source = await readSource('rooms', { location: databaseWith(roomsRows) });
  const none = { email: null, handle: null, firstName: null, lastName: null, publicKey: null };
  const person = { type: 'account', kind: 'person', ...none, sessions: [] };
  expect(recordsOf(source, 'account')).toEqual([
    {
      ...person,
      sourceId: '1',
      number: 1,
      username: 'admin',
      name: 'admin',
      credential: { algorithm: 'bcrypt', hash: hashes.admin123 },
      createdAt: '2024-01-01T08:00:00.000000Z',
    },
    {
      ...person,
      sourceId: '2',
      number: 2,
      username: 'user1',
      name: 'user1',
      credential: { algorithm: 'bcrypt', hash: hashes.password123 },
      createdAt: '2024-01-01T08:00:01.000000Z',
      sessions: [
        {
          tokenHash: createHash('sha256').update(roomsToken).digest('base64url'),
          expiresAt: '2999-01-01T00:00:00.250000Z',
        },
      ],
    },
    {
      ...person,
      sourceId: '3',
      number: 3,
      username: 'user2',
      name: 'user2',
      credential: { algorithm: 'bcrypt', hash: hashes.password123 },
      createdAt: '2024-01-01T08:00:02.000000Z',
    },
    {
      ...person,
      sourceId: '7',
      number: 7,
      username: 'Zoë',
      name: 'Zoë',
      credential: { algorithm: 'bcrypt', hash: hashes['Straße 7'] },
      createdAt: '2024-02-03T04:05:06.789012Z',
    },
  ]);
});

test('rooms keep id and name, and the first of a name has it as slug', async () => {
  const source = await readSource('rooms', { location: databaseWith(roomsRows) });
  expect(
    recordsOf(source, 'channel').map(({ number, kind, slug, title, createdAt }) => ({
      number,
      kind,
      slug,
      title,
      createdAt,
    })),
  ).toEqual([
    { number: 1, kind: 'room', slug: 'General', title: 'General', createdAt: '2024-01-01T08:00:00.000000Z' },
    { number: 2, kind: 'room', slug: 'Random', title: 'Random', createdAt: '2024-01-01T08:00:00.000000Z' },
    { number: 3, kind: 'room', slug: 'Tech Talk', title: 'Tech Talk', createdAt: '2024-01-01T08:00:00.000000Z' },
    { number: 5, kind: 'room', slug: null, title: 'General', createdAt: '2024-03-01T10:00:00.000000Z' },
    { number: 9, kind: 'room', slug: null, title: '', createdAt: '2024-03-02T10:00:00.000000Z' },
  ]);
});

test('messages come by time, then id, with what the wire keeps about their files', async () => {
  const messages = recordsOf(await readSource('rooms', { location: databaseWith(roomsRows) }), 'message');
  expect(messages.map(({ sourceId, channel, sender, sentAt }) => [sourceId, channel, sender, sentAt])).toEqual([
    ['4', '1', '3', '2024-01-01T11:59:59.000000Z'],
    ['1', '1', '1', '2024-01-01T12:00:00.000000Z'],
    ['2', '1', '2', '2024-01-01T12:00:00.000000Z'],
    ['5', '2', '2', '2024-01-01T12:00:01.000000Z'],
    ['6', '1', '7', '2024-01-02T09:00:00.000000Z'],
    ['7', '1', '7', '2024-01-02T09:00:01.000000Z'],
    ['8', '1', '1', '2024-01-02T09:00:02.000000Z'],
    ['12', '5', '2', '2024-01-02T09:00:03.500000Z'],
  ]);
  expect(messages[3]).toMatchObject({
    clientId: 'rooms:message:5',
    content: { type: 'text', text: 'Anybody here? 👋' },
    raw: null,
  });
  expect(messages[4]?.content).toEqual({
    type: 'text',
    text: 'See the plan\n/api/files/1f0c2b3a-0000-4000-8000-000000000001.pdf',
  });
  expect(JSON.parse(messages[4]?.raw ?? '')).toEqual({
    rooms_file: {
      message_type: 'text_with_document',
      file_url: '/api/files/1f0c2b3a-0000-4000-8000-000000000001.pdf',
      file_name: 'plan.pdf',
      file_size: 20,
      mime_type: 'application/pdf',
      characters: 12,
    },
  });
  expect(JSON.parse(messages[5]?.raw ?? '')).toMatchObject({ rooms_file: { characters: null, message_type: 'image' } });
});

test('reactions are emoji, and read positions leave as many unread as the old server counted', async () => {
  const source = await readSource('rooms', { location: databaseWith(roomsRows) });
  expect(recordsOf(source, 'reaction').map(({ message, account, emoji }) => [message, account, emoji])).toEqual([
    ['rooms:message:7', '1', '👍'],
    ['rooms:message:7', '2', '❤️'],
  ]);
  // In the order of General: 4 (user2), 1 (admin), 2 (user1), 6 (Zoë), 7 (Zoë), 8 (admin). What an account wrote itself is read, so admin
  // has two unread there, user1 one, user2 five and Zoë three.
  expect(recordsOf(source, 'read').map(({ account, channel, message }) => [account, channel, message])).toEqual([
    ['1', '1', 'rooms:message:6'],
    ['2', '1', 'rooms:message:7'],
    ['2', '2', 'rooms:message:5'],
    ['2', '5', 'rooms:message:12'],
    ['3', '1', 'rooms:message:4'],
    ['7', '1', 'rooms:message:2'],
  ]);
  expect(lines(source.findings)).toEqual([
    'mended 4 message_reads user 1 in room 1: Unread messages lie between read ones: as many stay unread, the newest',
    'mended 4 message_reads user 7 in room 1: Unread messages lie between read ones: as many stay unread, the newest',
  ]);
});

test('an early database has other orders of columns, and neither files nor reactions nor reads', async () => {
  const file = join(folder, 'early.db');
  makeEarlyRoomsDatabase(file);
  const { records, findings, counts } = await readSource('rooms', { location: file });
  expect(records).toMatchObject([
    { type: 'account', username: 'admin', credential: { hash: hashes.admin123 }, createdAt: null, sessions: [] },
    { type: 'channel', title: 'General', createdAt: null },
    { type: 'message', content: { text: 'hello' }, sentAt: '2023-01-02T03:04:05.000000Z' },
  ]);
  expect(findings).toEqual([]);
  expect(counts).toMatchObject({ accounts: 1, channels: 1, messages: 1, reactions: 0, reads: 0, files: 0 });
});

test('files that messages name are found below the folder; the others are in the report', async () => {
  const uploads = join(folder, 'uploads');
  mkdirSync(join(uploads, 'images'), { recursive: true });
  mkdirSync(join(uploads, 'documents'));
  writeFileSync(join(uploads, 'images', '1f0c2b3a-0000-4000-8000-000000000002.png'), 'meow');
  writeFileSync(join(uploads, 'documents', 'nobody.pdf'), '%PDF');
  const source = await readSource('rooms', { location: databaseWith(roomsRows), files: uploads });
  expect(recordsOf(source, 'file')).toEqual([
    {
      type: 'file',
      path: join(uploads, 'images', '1f0c2b3a-0000-4000-8000-000000000002.png'),
      url: '/api/images/1f0c2b3a-0000-4000-8000-000000000002.png',
      name: '1f0c2b3a-0000-4000-8000-000000000002.png',
      mediaType: 'image/png',
      bytes: 4,
      message: 'rooms:message:7',
      channel: '1',
    },
  ]);
  expect(lines(source.findings.filter(({ table }) => table !== 'message_reads'))).toEqual([
    'reported 8 messages 6: The file that it names is not in the folder',
    `left_out 8 files ${join(uploads, 'documents', 'nobody.pdf')}: No message names this file`,
  ]);
  await expect(readSource('rooms', { location: databaseWith(roomsRows), files: join(folder, 'none') })).rejects.toThrow(
    'There is no folder',
  );
});

test('the source is not changed, and the same at every reading', async () => {
  const file = databaseWith(roomsRows);
  const before = digest(file);
  const first = await readSource('rooms', { location: file, pageRowsMax: 3 });
  const second = await readSource('rooms', { location: file, pageRowsMax: 3 });
  expect(second.pages).toEqual(first.pages);
  expect(Math.max(...first.pages.map(({ rows }) => rows))).toBe(3);
  expect(digest(file)).toBe(before);
});

test.each([
  ['a file that is not there', join(folder, 'none.db'), 'There is no file'],
  ['a file that is no database', import.meta.filename, 'is not a whole SQLite database'],
])('%s is one sentence', async (_case, location, sentence) => {
  await expect(readSource('rooms', { location })).rejects.toThrow(sentence);
});

test("another program's database is one sentence", async () => {
  const file = join(folder, 'other.db');
  fillSqlite(file, 'create table users (id integer primary key, username text)');
  await expect(readSource('rooms', { location: file })).rejects.toThrow(
    'This is not a database of rooms: it has no users.hashed_password',
  );
});
