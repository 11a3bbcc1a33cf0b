import { inProcessBus } from '@parley/bus';
import { auth } from '@parley/contracts';
import { freshDatabase, fakeClock } from '@parley/testing';
import jwt from 'jsonwebtoken';
import { expect, test } from 'vitest';
import { type GivenAuth, anonymous, givenAuth, log, newName, password, secret } from './testing/fixtures.js';
import { AuthConfig, WrongSecretError, migrations, startAuth } from './service.js';

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;

const kidOf = (token: string) => jwt.decode(token, { complete: true })?.header.kid;
const published = async (given: GivenAuth) =>
  (await given.client.token.keys({}, anonymous())).keys.map((key) => key.kid);
const statesOf = async (given: GivenAuth) =>
  (await given.database.knex('signing_keys').orderBy('created_at').pluck('state')) as string[];

test('a key is published before it signs, verifies after it signed, and goes when nothing it signed can be good', async () => {
  await using given = await givenAuth();
  const { username, ...first } = await given.person();
  const { account } = first;
  const long = await given.client.token.issue(
    { accountId: account.id, dialect: 'conversations' },
    { principal: { kind: 'system', realm: 'main', service: 'gateway' } },
  );
  const old = kidOf(first.accessToken);
  expect(await published(given)).toEqual([old]);

  given.clock.advance(30 * dayMs - 10 * minuteMs);
  await given.service.turnKeys();
  const [, next] = await published(given);
  expect(kidOf((await given.signIn(username)).accessToken)).toBe(old);

  given.clock.advance(10 * minuteMs - 1);
  await given.service.turnKeys();
  const lastOfOld = await given.client.token.issue(
    { accountId: account.id, dialect: 'conversations' },
    { principal: { kind: 'system', realm: 'main', service: 'gateway' } },
  );
  expect(kidOf(lastOfOld.accessToken)).toBe(old);

  given.clock.advance(1);
  await given.service.turnKeys();
  expect(kidOf((await given.signIn(username)).accessToken)).toBe(next);
  expect(await statesOf(given)).toEqual(['retiring', 'active']);
  const verify = (accessToken: string) => given.client.token.verify({ accessToken }, anonymous('conversations'));
  await expect(verify(lastOfOld.accessToken)).resolves.toBeTruthy();
  await expect(verify(long.accessToken)).rejects.toMatchObject({ reason: 'token_expired' });

  given.clock.advance(3000 * minuteMs - 2_000);
  await given.service.turnKeys();
  await expect(verify(lastOfOld.accessToken)).resolves.toBeTruthy();

  given.clock.advance(6 * minuteMs);
  await given.service.turnKeys();
  expect(await published(given)).toEqual([next]);
  await expect(verify(lastOfOld.accessToken)).rejects.toMatchObject({ reason: 'token_invalid' });
});

test('no private key is kept in the clear, or longer than it signs', async () => {
  await using given = await givenAuth();
  given.clock.advance(31 * dayMs);
  await given.service.turnKeys();
  given.clock.advance(11 * minuteMs);
  await given.service.turnKeys();
  const rows = (await given.database.knex('signing_keys').orderBy('created_at')) as {
    state: string;
    sealed_private_key: Buffer | null;
  }[];
  expect(rows.map((row) => [row.state, row.sealed_private_key !== null])).toEqual([
    ['retiring', false],
    ['active', true],
  ]);
  // A PKCS#8 key in DER begins with a SEQUENCE and contains the OID of RSA.
  const oid = Buffer.from('2a864886f70d010101', 'hex');
  expect(rows[1]?.sealed_private_key?.includes(oid)).toBe(false);
});

const replica = async (database: Awaited<ReturnType<typeof freshDatabase>>, clock = fakeClock()) => {
  const bus = inProcessBus();
  const service = await startAuth(AuthConfig.parse({ PARLEY_SECRET: secret }), {
    bus,
    database,
    log,
    clock: clock.now,
  });
  return {
    client: bus.client(auth),
    service,
    stop: async () => {
      await service.stop();
      await bus.drain();
    },
  };
};

test('two replicas that start at once agree on one key and verify what the other signed', async () => {
  await using database = await freshDatabase({ schema: 'auth', migrations });
  const replicas = await Promise.all([replica(database), replica(database), replica(database)]);
  await expect(database.knex('signing_keys').pluck('state')).resolves.toEqual(['active']);
  const username = newName();
  await replicas[0].client.account.register({ username, password }, anonymous());
  const { accessToken } = await replicas[1].client.token.signIn(
    { login: username, by: 'username', password },
    anonymous(),
  );
  await expect(replicas[2].client.token.verify({ accessToken }, anonymous())).resolves.toBeTruthy();
  await Promise.all(replicas.map((one) => one.stop()));
});

test('a replica that has not turned yet looks up a key that it does not know', async () => {
  await using database = await freshDatabase({ schema: 'auth', migrations });
  const clock = fakeClock();
  const [leader, follower] = await Promise.all([replica(database, clock), replica(database, clock)]);
  clock.advance(31 * dayMs);
  await leader.service.turnKeys();
  clock.advance(11 * minuteMs);
  await Promise.all([leader.service.turnKeys(), leader.service.turnKeys()]);
  await expect(database.knex('signing_keys').orderBy('created_at').pluck('state')).resolves.toEqual([
    'retiring',
    'active',
  ]);
  const username = newName();
  await leader.client.account.register({ username, password }, anonymous());
  const { accessToken } = await leader.client.token.signIn({ login: username, by: 'username', password }, anonymous());
  await expect(follower.client.token.verify({ accessToken }, anonymous())).resolves.toBeTruthy();
  await Promise.all([leader.stop(), follower.stop()]);
});

test('a start with another secret fails, says what to do, and changes nothing', async () => {
  await using given = await givenAuth();
  const config = AuthConfig.parse({ PARLEY_SECRET: 'another secret, by mistake or by malice' });
  const bus = inProcessBus();
  const start = startAuth(config, { bus, database: given.database, log, clock: given.clock.now });
  await expect(start).rejects.toThrow(WrongSecretError);
  await expect(start).rejects.toThrow(/PARLEY_SECRET is not the one[^\n]+$/);
  await expect(statesOf(given)).resolves.toEqual(['active']);
  await bus.drain();
});
