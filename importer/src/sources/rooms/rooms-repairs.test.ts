import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { fillSqlite } from '../../testing/databases.js';
import { hashes } from '../../testing/hashes.js';
import { lines, readSource, recordsOf } from '../../testing/read-source.js';
import { makeRoomsDatabase, roomsToken, type RoomsRows } from '../../testing/rooms-database.js';

const folder = mkdtempSync(join(tmpdir(), 'rooms-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;
const databaseWith = (rows: RoomsRows): string => {
  const file = join(folder, `chat-${(files += 1)}.db`);
  makeRoomsDatabase(file, rows);
  return file;
};

const one: RoomsRows = {
  users: [[1, 'admin', hashes.admin123, null, null, null]],
  rooms: [[1, 'General', null]],
  messages: [],
};
const message = (id: number, content: string | null, ...rest: (string | number | null)[]) => {
  const [time = '2024-01-01 00:00:00', room = 1, sender = 1, type = 'text', url = null, name = null] = rest;
  return [id, content, type, url, name, null, null, time, room, sender];
};

test('text above the limit, null, times that are none and odd file columns are mended or refused', async () => {
  const long = 'x'.repeat(16_385);
  const source = await readSource('rooms', {
    location: databaseWith({
      ...one,
      rooms: [
        [1, 'General', null],
        [2, 'n'.repeat(256), null],
      ],
      messages: [
        message(1, long),
        message(2, '👋'.repeat(8_192)),
        message(3, '👋'.repeat(8_193)),
        message(4, null),
        message(5, 'when?', '2024-06-31 00:00:00'),
        message(6, 'x', '2024-01-01 00:00:00', 1, 1, 'hologram', '/f/a.bin'),
        message(7, 'x', '2024-01-01 00:00:00', 1, 1, 'image', `/${long}`.slice(0, 2_049)),
        message(8, long.slice(0, 16_380), '2024-01-01 00:00:00', 1, 1, 'image', '/f/b.png'),
        message(9, 'x', null),
      ],
    }),
  });
  expect(lines(source.findings)).toEqual([
    'refused 7 chat_rooms 2: The name has more than 255 characters',
    'refused 7 messages 5: It has no time that can be read',
    'refused 7 messages 9: It has no time that can be read',
    'refused 7 messages 1: The text has more than 16,384 characters',
    'refused 7 messages 3: The text has more than 16,384 characters',
    'mended 7 messages 4: The text was null: it is empty now',
    "mended 7 messages 6: The message type is none of the old server's: it is document now",
    'refused 7 messages 7: file_url has more than 2,048 characters',
    'refused 7 messages 8: The text and the address of the file have more than 16384 characters together',
  ]);
  expect(recordsOf(source, 'message').map(({ sourceId }) => sourceId)).toEqual(['2', '4', '6']);
  expect(recordsOf(source, 'message')[1]).toMatchObject({ content: { text: '' }, raw: null });
});

test('U+0000 and bytes that are no UTF-8 become U+FFFD, and nothing behind them is lost', async () => {
  const file = databaseWith({ ...one, messages: [message(2, 'x')] });
  fillSqlite(
    file,
    `update messages set content = cast(x'ff41' as text) where id = 2;
     insert into messages (id, content, timestamp, room_id, sender_id)
       values (1, cast(x'${Buffer.from('before\0after').toString('hex')}' as text), '2023-01-01 00:00:00', 1, 1)`,
  );
  const source = await readSource('rooms', { location: file });
  expect(recordsOf(source, 'message').map(({ content }) => content)).toEqual([
    { type: 'text', text: 'before\uFFFDafter' },
    { type: 'text', text: '\uFFFDA' },
  ]);
  expect(lines(source.findings)).toEqual([
    'mended 7 messages 1: The text contained U+0000: it is U+FFFD now',
    'mended 7 messages 2: The text is not valid UTF-8: what cannot be read is U+FFFD now',
  ]);
});

test('names that are equal after folding, and accounts that cannot sign in, are in the report', async () => {
  const source = await readSource('rooms', {
    location: databaseWith({
      ...one,
      users: [
        [1, 'Ada', hashes.admin123, null, null, null],
        [2, 'ADA', hashes.admin123, null, null, null],
        [3, '', hashes.admin123, roomsToken, '2999-01-01 00:00:00', null],
        [4, 'zero\u200bwidth', hashes.admin123, null, null, null],
        [5, 'bob', 'plain text', null, null, null],
        [6, 'x'.repeat(255), hashes.admin123, null, null, null],
        [2_147_483_648, 'large', hashes.admin123, null, null, null],
      ],
    }),
  });
  const nobody = 'Without a user name or an e-mail address nobody can sign in to this account';
  const name = 'Nobody can sign in with this user name, which is left out';
  expect(lines(source.findings)).toEqual([
    'refused 8 users 1: The user name is the same name as in row 2',
    'refused 8 users 2: The user name is the same name as in row 1',
    `reported 8 users 3: ${name}`,
    `reported 8 users 3: ${nobody}`,
    `reported 8 users 4: ${name}`,
    `reported 8 users 4: ${nobody}`,
    'reported 8 users 5: Not a password hash that Parley can check: nobody can sign in',
    `reported 8 users 6: ${name}`,
    `reported 8 users 6: ${nobody}`,
    'refused 1 users 2147483648: The id is not between 1 and 2,147,483,647',
  ]);
  expect(
    recordsOf(source, 'account').map(({ username, credential, sessions }) => [username, credential, sessions]),
  ).toEqual([
    [null, null, []],
    [null, null, []],
    ['bob', null, []],
    [null, null, []],
  ]);
});

test('orphaned messages, reactions and reads are left out, and do not count as read', async () => {
  const source = await readSource('rooms', {
    location: databaseWith({
      users: [
        [1, 'admin', hashes.admin123, null, null, null],
        [2, 'bob', hashes.admin123, null, null, null],
      ],
      rooms: [[1, 'General', null]],
      messages: [
        message(1, 'of nobody', '2024-01-01 00:00:00', 1, 99),
        message(2, 'nowhere', '2024-01-01 00:00:01', 99, 1),
        message(3, 'here', '2024-01-01 00:00:02'),
        message(4, 'unread', '2024-01-01 00:00:03'),
      ],
      reactions: [
        [1, 1, 1, '👍', '2024-01-01 00:00:00'],
        [2, 3, 99, '👍', '2024-01-01 00:00:00'],
        [3, 3, 1, 'like', '2024-01-01 00:00:00'],
      ],
      reads: [
        [1, 1, 2, null],
        [2, 3, 2, null],
        [3, 3, 2, null],
        [4, 3, 99, null],
        [5, 99, 2, null],
        [6, 3, 1, null],
      ],
    }),
  });
  expect(lines(source.findings)).toEqual([
    'left_out 8 messages 1: Orphaned: there is no user 99',
    'left_out 8 messages 2: Orphaned: there is no room 99',
    'left_out 8 message_reactions 1: Orphaned: message 1 or user 1 is not there',
    'left_out 8 message_reactions 2: Orphaned: message 3 or user 99 is not there',
    'left_out 4 message_reactions 3: The reaction is not one emoji',
  ]);
  expect(recordsOf(source, 'read').map(({ account, channel, message }) => [account, channel, message])).toEqual([
    // Both of admin's own.
    ['1', '1', 'rooms:message:4'],
    ['2', '1', 'rooms:message:3'],
  ]);
});

test('a message keeps as many different reactions as chat takes, the first ones; the others are left out', async () => {
  const users = Array.from({ length: 24 }, (_, index) => index + 1);
  const emoji = Array.from({ length: 22 }, (_, index) => String.fromCodePoint(0x1f600 + index));
  const time = '2024-01-01 00:01:00';
  const source = await readSource('rooms', {
    location: databaseWith({
      ...one,
      users: users.map((id) => [id, `user${id}`, hashes.admin123, null, null, null]),
      messages: [message(1, 'here'), message(2, 'there')],
      reactions: [
        // Not moved, so it takes no place.
        [1, 1, 24, '🎉', null],
        ...emoji.map((each, index) => [index + 2, 1, index + 1, each, time]),
        // An emoji that the message has, and one of another message.
        [24, 1, 23, emoji[0] ?? '', time],
        [25, 2, 1, emoji[21] ?? '', time],
      ],
    }),
  });
  expect(recordsOf(source, 'reaction').map(({ message: of, account, emoji: said }) => [of, account, said])).toEqual([
    ...emoji.slice(0, 20).map((each, index) => ['rooms:message:1', String(index + 1), each]),
    ['rooms:message:1', '23', emoji[0]],
    ['rooms:message:2', '1', emoji[21]],
  ]);
  expect(lines(source.findings)).toEqual([
    'left_out 4 message_reactions 1: The reaction has no time that can be read',
    'left_out 4 message_reactions 22: The message has 20 other emoji',
    'left_out 4 message_reactions 23: The message has 20 other emoji',
  ]);
});
