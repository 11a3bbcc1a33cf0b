import { afterAll, beforeAll, expect, test } from 'vitest';
import { type GivenAuth, anonymous, bearer, givenAuth, password } from './testing/fixtures.js';

let given: GivenAuth;
beforeAll(async () => {
  given = await givenAuth();
});
afterAll(() => given[Symbol.asyncDispose]());

const many = <T>(n: number, work: () => Promise<T>): Promise<T>[] => Array.from({ length: n }, work);

test('no session that the old password opened outlives the change of the password', async () => {
  const grant = await given.person();
  const results = await Promise.allSettled([
    ...many(6, () => given.signIn(grant.username)),
    given.client.account.changePassword({ current: password, next: 'battery staple' }, bearer(grant)),
    ...many(6, () => given.signIn(grant.username)),
  ]);
  expect(results[6]?.status).toBe('fulfilled');
  const living = await given.client.session.list({}, bearer(grant));
  expect(living.map((session) => session.id)).toEqual([grant.sessionId]);
});

test('no session outlives the deletion of its account', async () => {
  const grant = await given.person();
  const results = await Promise.allSettled([
    ...many(6, () => given.signIn(grant.username)),
    given.client.account.delete({ password }, bearer(grant)),
    ...many(6, () => given.signIn(grant.username)),
  ]);
  expect(results[6]?.status).toBe('fulfilled');
  const { id } = grant.account;
  await expect(given.database.knex('sessions').where({ account_id: id, ended_at: null })).resolves.toEqual([]);
});

test('of two who change the password at once one succeeds', async () => {
  const grant = await given.person();
  const change = (next: string) =>
    given.client.account.changePassword({ current: password, next }, bearer(grant)).then(
      () => next,
      (error: unknown) => {
        expect(error).toMatchObject({ code: 'forbidden', reason: 'wrong_password' });
        return null;
      },
    );
  const succeeded = (await Promise.all(['one', 'two', 'three'].map(change))).filter((next) => next !== null);
  expect(succeeded).toHaveLength(1);
  await expect(given.signIn(grant.username, succeeded[0])).resolves.toBeTruthy();
});

test('what a refresh gave while its session ended cannot be refreshed', async () => {
  for (let round = 0; round < 5; round += 1) {
    const grant = await given.person();
    const [refreshed] = await Promise.allSettled([
      given.client.token.refresh({ refreshToken: grant.refreshToken }, anonymous()),
      given.client.session.end({}, bearer(grant)),
    ]);
    const refreshToken = refreshed.status === 'fulfilled' ? refreshed.value.refreshToken : grant.refreshToken;
    await expect(given.client.token.refresh({ refreshToken }, anonymous())).rejects.toMatchObject({
      code: 'unauthenticated',
      reason: 'session_ended',
    });
  }
});

test('two who delete one account at once delete it once, and it is published once', async () => {
  const grant = await given.person();
  const results = await Promise.allSettled(many(4, () => given.client.account.delete({ password }, bearer(grant))));
  expect(results.some((result) => result.status === 'fulfilled')).toBe(true);
  const published = () =>
    given.published.filter((event) => event.name === 'account.deleted' && event.accountId === grant.account.id);
  await expect.poll(published).toHaveLength(1);
});
