import { createHash, randomUUID } from 'node:crypto';
import { hash as argon2 } from '@node-rs/argon2';
import { hash as bcrypt } from '@node-rs/bcrypt';
import { SessionId } from '@parley/contracts';
import type { Auth, Client, ImportedAccount } from '@parley/contracts';
import { eventually } from '@parley/testing';
import { afterEach, expect, test } from 'vitest';
import { anonymous, bearer, givenAuth, system } from './testing/fixtures.js';

type Account = Parameters<Client<Auth>['import']['accounts']>[0]['rows'][number];

const undo: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of undo.splice(0).reverse()) await end();
});
const given = async () => {
  const made = await givenAuth();
  undo.push(async () => made[Symbol.asyncDispose]());
  return made;
};
const importer = (realm = 'rooms') => ({ principal: { kind: 'system', realm, service: 'importer' } as const });
const source = 'rooms of a test';

const person = (more: Partial<ImportedAccount> = {}): Account => ({
  id: randomUUID(),
  number: null,
  kind: 'person',
  username: `user-${randomUUID()}`,
  email: null,
  handle: null,
  name: null,
  firstName: null,
  lastName: null,
  publicKey: null,
  password: null,
  createdAt: '2024-05-04T10:20:30.123456Z',
  sessions: [],
  ...more,
});

const signIn = (client: Client<Auth>, login: string, password = 'old secret') =>
  client.token.signIn({ login, by: 'either', password }, anonymous('rooms', 'rooms'));

test('imported accounts sign in with their old passwords once the import is finished, and not before', async () => {
  const { client, database } = await given();
  const { importId } = await client.import.begin({ source }, importer());
  const hashes = [
    { algorithm: 'bcrypt', hash: (await bcrypt('old secret', { cost: 4 })).replace('$2b$', '$2y$') },
    { algorithm: 'argon2id', hash: await argon2('old secret', { memoryCost: 65_536, timeCost: 3, parallelism: 4 }) },
  ] as const;
  const rows = hashes.map((password, index) => person({ number: 40 + index, username: `old-${index}`, password }));
  expect(await client.import.accounts({ importId, rows }, importer())).toEqual({ added: 2 });
  await expect(signIn(client, 'old-0')).rejects.toMatchObject({ code: 'unavailable', reason: 'realm_importing' });
  await expect(
    client.account.register({ username: 'new', password: 'new secret' }, anonymous('rooms', 'rooms')),
  ).rejects.toMatchObject({ reason: 'realm_importing', retryAfterMs: 5_000 });
  await client.import.finish({ importId }, importer());
  await eventually(() => signIn(client, 'old-0'));
  await signIn(client, 'OLD-1');
  await expect(signIn(client, 'old-1', 'another')).rejects.toMatchObject({ reason: 'wrong_credentials' });
  const stored = await database.knex('credentials').select<{ hash: string }[]>('hash');
  expect(stored.map(({ hash }) => hash.split('$', 4).join('$'))).toEqual(
    Array(2).fill('$argon2id$v=19$m=19456,t=2,p=1'),
  );
  const made = await client.account.register({ username: 'new' }, anonymous('rooms', 'rooms'));
  expect(made.number).toBe(42);
});

test('a group that is sent again adds nothing, and an import that was begun is found with its checkpoint', async () => {
  const { client } = await given();
  const first = await client.import.begin({ source }, importer());
  const rows = [person({ number: 3 }), person(), person({ kind: 'device', username: null, name: 'Sensor' })];
  const input = { importId: first.importId, rows };
  expect(await client.import.accounts(input, importer())).toEqual({ added: 3 });
  expect(await client.import.accounts(input, importer())).toEqual({ added: 0 });
  await client.import.progress({ importId: first.importId, checkpoint: 'three' }, importer());
  expect(await client.import.begin({ source }, importer())).toEqual({ ...first, checkpoint: 'three' });
  const finished = await client.import.finish({ importId: first.importId }, importer());
  expect(await client.import.finish({ importId: first.importId }, importer())).toEqual(finished);
  expect(await client.import.begin({ source }, importer())).toMatchObject({ finishedAt: finished.finishedAt });
  await expect(client.import.accounts(input, importer())).rejects.toMatchObject({ reason: 'import_not_open' });
  const [one, two, three] = await eventually(() => client.account.search({}, anonymous('rooms', 'rooms')));
  expect([one?.number, two?.number, three]).toEqual([3, 4, undefined]);
});

test('a realm with accounts, or from another source, is refused; other realms go on', async () => {
  const { client } = await given();
  await client.account.register({ username: 'ada' }, anonymous('rooms', 'rooms'));
  await expect(client.import.begin({ source }, importer())).rejects.toMatchObject({ reason: 'realm_not_empty' });
  await client.import.begin({ source }, importer('mesh'));
  await expect(client.import.begin({ source: 'other' }, importer('mesh'))).rejects.toMatchObject({
    reason: 'import_other_source',
  });
  await expect(client.import.begin({ source }, importer('nowhere'))).rejects.toMatchObject({
    reason: 'realm_not_found',
  });
  await client.account.register({ username: 'eve' }, anonymous('rooms', 'rooms'));
});

test('of a registration and an import that begin at once, one finds the other', async () => {
  const { client } = await given();
  const outcomes = await Promise.allSettled([
    client.import.begin({ source }, importer()),
    client.account.register({ username: 'ada' }, anonymous('rooms', 'rooms')),
  ]);
  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
});

test('names and numbers that two rows share are refused, and then nothing of the group is added', async () => {
  const { client, database } = await given();
  const { importId } = await client.import.begin({ source }, importer());
  const refuses = (reason: string, ...rows: Account[]) =>
    expect(client.import.accounts({ importId, rows }, importer())).rejects.toMatchObject({ code: 'conflict', reason });
  await refuses('username_taken', person({ username: 'Ada' }), person({ username: 'ADA' }));
  await refuses('email_taken', person({ email: 'a@example.com' }), person({ email: 'A@example.com' }));
  await refuses('number_taken', person({ number: 7 }), person({ number: 7 }));
  expect(await database.knex('accounts').select('id')).toEqual([]);
});

test('nobody but the importer may call these operations', async () => {
  const { client, signIn: signInV1, person: register } = await given();
  const { username } = await register();
  const account = bearer(await signInV1(username));
  for (const caller of [system('rooms'), anonymous('rooms', 'rooms'), account]) {
    const refused = { code: 'forbidden', reason: 'system_only' };
    const importId = randomUUID();
    await expect(client.import.begin({ source }, caller)).rejects.toMatchObject(refused);
    await expect(client.import.accounts({ importId, rows: [person()] }, caller)).rejects.toMatchObject(refused);
    await expect(client.import.progress({ importId, checkpoint: 'x' }, caller)).rejects.toMatchObject(refused);
    await expect(client.import.finish({ importId }, caller)).rejects.toMatchObject(refused);
  }
});

test('an old refresh token continues its session, once', async () => {
  const { client, clock } = await given();
  const { importId } = await client.import.begin({ source }, importer());
  const token = 'a'.repeat(43);
  const session = {
    id: SessionId.parse(randomUUID()),
    refreshHash: createHash('sha256').update(token).digest('base64url'),
    expiresAt: new Date(clock.now() + 60_000).toISOString().replace('Z', '000Z'),
  };
  await client.import.accounts({ importId, rows: [person({ username: 'ada', sessions: [session] })] }, importer());
  const refresh = () => client.token.refresh({ refreshToken: token }, anonymous('rooms', 'rooms'));
  await expect(refresh()).rejects.toMatchObject({ reason: 'realm_importing' });
  await client.import.finish({ importId }, importer());
  const grant = await eventually(refresh);
  expect([grant.account.username, grant.sessionId]).toEqual(['ada', session.id]);
});

test('who has no user name is shown by the mailbox, unless that is somebody’s user name', async () => {
  const { client, database } = await given();
  const { importId } = await client.import.begin({ source }, importer());
  const rows = [
    person({ username: null, email: 'ada@example.com' }),
    person({ username: null, email: 'eve@example.com' }),
  ];
  await client.import.accounts({ importId, rows }, importer());
  await client.import.accounts({ importId, rows: [person({ username: 'Ada' })] }, importer());
  await client.import.finish({ importId }, importer());
  const names = await database.knex('accounts').orderBy('number').select<{ name: string }[]>('name');
  expect(names.map(({ name }) => name)).toEqual([expect.stringMatching(/^ada \([0-9a-f]{8}\)$/), 'eve', 'Ada']);
});
