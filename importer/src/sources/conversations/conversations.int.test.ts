import { expect, test } from 'vitest';
import { conversationsRows, makeConversationsDatabase } from '../../testing/conversations-database.js';
import { hashes } from '../../testing/hashes.js';
import { lines, readSource, recordsOf } from '../../testing/read-source.js';

test('users keep id, names and hash; times are those of the zone of the database', async () => {
  await using database = await makeConversationsDatabase(conversationsRows);
  const source = await readSource('conversations', { location: database.url });
  const accounts = recordsOf(source, 'account');
  expect(accounts[0]).toEqual({
    type: 'account',
    sourceId: '1',
    number: 1,
    kind: 'person',
    username: 'testuser',
    email: 'testuser@example.com',
    handle: null,
    name: 'testuser',
    firstName: 'TESTUSER',
    lastName: 'Smith',
    publicKey: null,
    credential: { algorithm: 'argon2id', hash: hashes.TestPassword123 },
    createdAt: '2025-07-01T10:00:00.500000Z',
    sessions: [],
  });
  expect(accounts.map(({ number, credential }) => [number, credential === null])).toEqual([
    [1, false],
    [2, false],
    [3, false],
    [4, false],
    [8, true],
  ]);
  expect(lines(source.findings)).toEqual([
    'reported 1 user 3: An administrator, who is a user like the others now',
    'reported 8 user 8: Inactive: nobody can sign in to this account',
    'reported 3 conversation 5: It has no participants, so nobody can open it',
    'left_out 3 conversation_participants 6: The user takes part in this conversation already',
    'mended 7 message 5: The text was null: it is empty now',
  ]);
});

test('conversations are groups that belong to their first participant; doubles are one member', async () => {
  await using database = await makeConversationsDatabase(conversationsRows);
  const source = await readSource('conversations', { location: database.url });
  expect(
    recordsOf(source, 'channel').map(({ number, kind, slug, title, createdBy, createdAt }) => [
      number,
      kind,
      slug,
      title,
      createdBy,
      createdAt,
    ]),
  ).toEqual([
    [1, 'group', null, 'Roommate Chat', '1', '2025-07-01T10:00:00.123456Z'],
    [2, 'group', null, 'Study Group', '2', '2025-12-01T11:00:00.000000Z'],
    [5, 'group', null, 'Left alone', null, '2025-12-02T11:00:00.000000Z'],
  ]);
  expect(
    recordsOf(source, 'member').map(({ channel, account, role, joinedAt }) => [channel, account, role, joinedAt]),
  ).toEqual([
    ['1', '1', 'owner', '2025-07-01T10:00:00.123456Z'],
    ['1', '2', 'member', '2025-07-01T10:00:01.000000Z'],
    ['1', '8', 'member', '2025-12-01T11:00:04.000000Z'],
    ['2', '2', 'owner', '2025-12-01T11:00:00.000000Z'],
    ['2', '1', 'member', '2025-12-01T11:00:01.000000Z'],
    ['2', '3', 'member', '2025-12-01T11:00:02.000000Z'],
  ]);
});

const times = async (zone: string, timeZone?: string): Promise<string[]> => {
  await using database = await makeConversationsDatabase(conversationsRows, zone);
  const source = await readSource('conversations', { location: database.url, timeZone, pageRowsMax: 2 });
  return recordsOf(source, 'message').map(({ sourceId, sentAt }) => `${sourceId} ${sentAt}`);
};

test('messages come by time, exact to the microsecond, in the zone of the database or the one that was named', async () => {
  const inBerlin = [
    '1 2025-07-01T22:30:00.000001Z',
    '2 2025-07-01T22:30:00.000002Z',
    '7 2025-07-01T22:31:00.000000Z',
    '6 2025-12-01T11:59:59.999999Z',
    '3 2025-12-01T12:00:00.000000Z',
    '5 2025-12-01T12:00:02.000000Z',
  ];
  expect(await times('Europe/Berlin')).toEqual(inBerlin);
  expect(await times('UTC', 'Europe/Berlin')).toEqual(inBerlin);
  expect((await times('UTC'))[0]).toBe('1 2025-07-02T00:30:00.000001Z');
  await expect(times('UTC', 'Europe/Nowhere')).rejects.toThrow(
    'The database does not know the time zone Europe/Nowhere',
  );
});

test('text above the limit, names equal after folding and orphans are refused or left out', async () => {
  await using database = await makeConversationsDatabase(
    {
      users: [
        [1, 'Ada@example.com', 'ada', null, null, hashes['alice-password'], 'USER', true, null],
        [2, 'ada@example.com', 'bob', '\u200b', '', hashes['alice-password'], 'USER', true, null],
        [3, null, 'BOB', null, null, hashes['alice-password'], 'USER', true, null],
        [4, null, null, null, null, hashes['alice-password'], 'USER', true, null],
        [
          5,
          'e@example.com',
          null,
          null,
          null,
          '$argon2id$v=19$m=9999999,t=3,p=4$c2FsdHNhbHQ$c2FsdHNhbHRzYWx0',
          'USER',
          null,
          null,
        ],
      ],
      conversations: [
        [1, null, null],
        [2, '👋'.repeat(200), null],
      ],
      participants: [
        [1, 99, 1, null],
        [2, 1, 99, null],
        [3, 4, 1, null],
      ],
      messages: [
        [1, 'x'.repeat(16_385), 4, 1, '2025-01-01 00:00:00'],
        [2, 'x', 99, 1, '2025-01-01 00:00:01'],
        [3, 'x', 4, 99, '2025-01-01 00:00:02'],
        [4, 'x', 4, 1, null],
        [5, 'x', 4, 1, 'infinity'],
        [6, 'x'.repeat(16_384), 4, 1, '2025-01-01 00:00:03'],
      ],
    },
    'UTC',
  );
  const source = await readSource('conversations', { location: database.url });
  expect(lines(source.findings)).toEqual([
    'refused 8 user 1: The e-mail address is the same name as in row 2',
    'refused 8 user 2: The user name is the same name as in row 3',
    'refused 8 user 2: The e-mail address is the same name as in row 1',
    'refused 8 user 3: The user name is the same name as in row 2',
    'reported 8 user 4: Without a user name or an e-mail address nobody can sign in to this account',
    'reported 8 user 5: Not a password hash that Parley can check: nobody can sign in',
    'mended 7 conversation 1: The title was null: it is empty now',
    'refused 7 conversation 2: The title has more than 255 characters',
    'left_out 8 conversation_participants 1: Orphaned: there is no user 99',
    'left_out 8 conversation_participants 2: Orphaned: there is no conversation 99',
    'refused 7 message 4: It has no time that can be read',
    'refused 7 message 1: The text has more than 16,384 characters',
    'left_out 8 message 2: Orphaned: there is no user 99',
    'left_out 8 message 3: Orphaned: there is no conversation 99',
    'refused 7 message 5: It has no time that can be read',
  ]);
  expect(recordsOf(source, 'message').map(({ sourceId }) => sourceId)).toEqual(['6']);
  expect(recordsOf(source, 'member')).toMatchObject([{ account: '4', role: 'owner' }]);
});

test.each([
  ['an address that is none', 'chat.db', 'Expected the address of a PostgreSQL database'],
  ['a database that does not answer', 'postgres://nobody@127.0.0.1:1/none', 'The database cannot be read'],
])('%s is one sentence', async (_case, location, sentence) => {
  await expect(readSource('conversations', { location })).rejects.toThrow(sentence);
});
