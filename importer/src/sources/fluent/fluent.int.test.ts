import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { fluentRows, type FluentRows, makeFluentDatabase, makeFluentFile } from '../../testing/fluent-database.js';
import { hashes } from '../../testing/hashes.js';
import { lines, readSource, type ReadSource, recordsOf } from '../../testing/read-source.js';

const folder = mkdtempSync(join(tmpdir(), 'fluent-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;
const readPostgres = async (rows: FluentRows): Promise<ReadSource> => {
  await using database = await makeFluentDatabase(rows, 'Asia/Kolkata');
  return await readSource('fluent', {
    location: database.url.replace('postgres:', 'postgresql+psycopg2:'),
    pageRowsMax: 2,
  });
};
const readFile = (rows: FluentRows): Promise<ReadSource> => {
  const file = join(folder, `fluent-${(files += 1)}.db`);
  makeFluentFile(file, rows);
  return readSource('fluent', { location: `sqlite:///${file}`, pageRowsMax: 2 });
};
const stores = [
  ['PostgreSQL', readPostgres],
  ['SQLite', readFile],
] as const;

test.each(stores)('%s: users keep id, names, key and hash', async (_store, read) => {
  const accounts = recordsOf(await read(fluentRows), 'account');
  expect(accounts[0]).toEqual({
    type: 'account',
    sourceId: '1',
    number: 1,
    kind: 'person',
    username: 'ada@example.com',
    email: 'ada@example.com',
    handle: null,
    name: 'ada@example.com',
    firstName: null,
    lastName: null,
    publicKey: 'key of ada',
    credential: { algorithm: 'bcrypt', hash: hashes['fluent-ada'] },
    createdAt: '2025-05-01T10:00:00.123456Z',
    sessions: [],
  });
  expect(accounts.map(({ number }) => number)).toEqual([1, 2, 4]);
});

test.each(stores)(
  '%s: a direct channel for each pair, and each message with a ciphertext for both',
  async (_store, read) => {
    const source = await read(fluentRows);
    expect(recordsOf(source, 'channel').map(({ sourceId, kind, pair }) => [sourceId, kind, pair])).toEqual([
      ['1:1', 'direct', ['1', '1']],
      ['1:2', 'direct', ['1', '2']],
      ['1:4', 'direct', ['1', '4']],
    ]);
    const messages = recordsOf(source, 'message');
    expect(messages.map(({ sourceId, channel, sender, sentAt }) => [sourceId, channel, sender, sentAt])).toEqual([
      ['6', '1:4', '1', '2025-05-02T09:00:00.500000Z'],
      ['1', '1:2', '1', '2025-05-02T10:00:00.000001Z'],
      ['2', '1:2', '2', '2025-05-02T10:00:00.000002Z'],
      ['3', '1:4', '4', '2025-05-02T10:00:01.000000Z'],
      ['5', '1:1', '1', '2025-05-02T10:00:03.000000Z'],
      ['7', '1:2', '1', '2025-05-02T10:00:04.000000Z'],
    ]);
    expect(messages[1]).toMatchObject({
      clientId: 'fluent:message:1',
      content: { type: 'encrypted', mediaType: 'text', byReader: { 1: 'for 1: first', 2: 'for 2: first' } },
      raw: '{"receiverID":2}',
    });
    expect(messages[4]?.content).toEqual({ type: 'encrypted', mediaType: 'text', byReader: { 1: 'for 1: a note' } });
    expect(source.findings).toEqual([]);
  },
);

const cipher = 'x'.repeat(65_536);
const odd: FluentRows = {
  users: [
    [1, 'ada', 'ada@example.com', hashes['fluent-ada'], 'k'.repeat(16_384), null],
    [2, null, null, hashes['fluent-ada'], '', null],
    [3, 'Straße', null, hashes['fluent-ada'], 'key', null],
    [4, 'STRASSE', null, null, 'key', null],
    [5, 'eve', null, hashes['fluent-ada'], 'k'.repeat(16_385), null],
  ],
  messages: [
    [1, 1, 2, '', 'x', 'text', '2025-05-02 10:00:00+00', null],
    [2, 1, 2, 'x', null, 'text', '2025-05-02 10:00:01+00', null],
    [3, 1, 2, `${cipher}x`, 'x', 'text', '2025-05-02 10:00:02+00', null],
    [4, 1, 2, cipher, cipher, null, '2025-05-02 10:00:03+00', null],
    [5, 1, 99, 'x', 'x', 'text', '2025-05-02 10:00:04+00', null],
    [6, null, 1, 'x', 'x', 'text', '2025-05-02 10:00:05+00', null],
    [7, 1, 2, 'x', 'x', 't'.repeat(129), '2025-05-02 10:00:06+00', null],
    [8, 1, 2, 'x', 'x', 'text', null, null],
    [9, 1, 1, null, 'own', 'text', '2025-05-02 10:00:07+00', null],
  ],
  attachments: [[1, 4, 'a.png']],
};

test.each(stores)(
  '%s: ciphertext that is empty or too large is refused, and orphans are left out',
  async (_store, read) => {
    const source = await read(odd);
    expect(lines(source.findings)).toEqual([
      'reported 8 users 2: Without a user name or an e-mail address nobody can sign in to this account',
      'refused 8 users 3: The user name is the same name as in row 4',
      'refused 8 users 4: The user name is the same name as in row 3',
      'refused 7 users 5: The public key has more than 16,384 characters',
      'refused 7 messages 8: It has no time that can be read',
      "refused 7 messages 1: The receiver's ciphertext is empty",
      "refused 7 messages 2: The sender's ciphertext is empty",
      "refused 7 messages 3: The receiver's ciphertext has more than 65,536 characters",
      'mended 7 messages 4: The message type was null: it is empty now',
      'left_out 8 messages 5: Orphaned: there is no user 99',
      'left_out 8 messages 6: Orphaned: there is no user null',
      'refused 7 messages 7: The message type has more than 128 characters',
      'left_out 8 attachments 1: Attachments are not moved: no wire of Parley shows them',
    ]);
    expect(recordsOf(source, 'message').map(({ sourceId }) => sourceId)).toEqual(['4', '9']);
    expect(recordsOf(source, 'account')[0]?.publicKey).toHaveLength(16_384);
  },
);
