import { hash as bcrypt } from '@node-rs/bcrypt';
import { AccessClaims, type Grant } from '@parley/contracts';
import jwt from 'jsonwebtoken';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type GivenAuth, anonymous, bearer, givenAuth, newName, password, system } from './testing/fixtures.js';

let given: GivenAuth;
beforeAll(async () => {
  given = await givenAuth();
});
afterAll(() => given[Symbol.asyncDispose]());

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;
const unauthenticated = (reason: string) => ({ code: 'unauthenticated', reason });
const refresh = (refreshToken: string, caller = anonymous()) => given.client.token.refresh({ refreshToken }, caller);
const revokedOf = ({ sessionId }: Grant) =>
  given.published.filter((event) => event.name === 'session.revoked' && event.sessionId === sessionId);

describe('token.signIn', () => {
  test('gives tokens that say who, where and until when', async () => {
    const { username, ...grant } = await given.person();
    const claims = AccessClaims.parse(jwt.decode(grant.accessToken));
    expect(claims).toMatchObject({
      aud: 'v1',
      sub: grant.account.id,
      realm: 'main',
      sid: grant.sessionId,
      num: grant.account.number,
      name: username,
    });
    expect(Date.parse(grant.accessTokenExpiresAt) - given.clock.now()).toBe(15 * minuteMs);
    expect(Date.parse(grant.refreshTokenExpiresAt) - given.clock.now()).toBe(30 * dayMs);
    expect(grant.refreshToken).toMatch(/^pr_[\w-]{43}$/);
  });

  test('keeps nothing that could be shown again: only hashes are stored', async () => {
    const grant = await given.person();
    const { rows } = await given.database.knex.raw<{ rows: object[] }>(
      'select hash::text, status from refresh_tokens where session_id = ?',
      [grant.sessionId],
    );
    expect(rows).toHaveLength(1);
    expect(JSON.stringify(rows)).not.toContain(grant.refreshToken);
    expect(JSON.stringify(rows)).not.toContain(Buffer.from(grant.refreshToken).toString('hex'));
  });

  test('signs in by user name, by e-mail, or by either', async () => {
    const username = newName();
    const email = `${username}@x.org`;
    const { id } = await given.client.account.register({ username, email, password }, anonymous());
    const by = async (kind: 'username' | 'email' | 'either', login: string) =>
      (await given.client.token.signIn({ login, by: kind, password }, anonymous())).account.id;
    await expect(by('username', username.toUpperCase())).resolves.toBe(id);
    await expect(by('email', email.toUpperCase())).resolves.toBe(id);
    await expect(by('either', username)).resolves.toBe(id);
    await expect(by('either', email)).resolves.toBe(id);
    await expect(by('email', username)).rejects.toMatchObject(unauthenticated('wrong_credentials'));
    await expect(by('username', email)).rejects.toMatchObject(unauthenticated('wrong_credentials'));
  });

  test('nobody is locked out by another who took the e-mail address as a user name', async () => {
    const email = `${newName()}@x.org`;
    const mine = await given.client.account.register({ email, password }, anonymous());
    await given.client.account.register({ username: email, password: 'of the other' }, anonymous());
    const grant = await given.client.token.signIn({ login: email, by: 'either', password }, anonymous());
    expect(grant.account.id).toBe(mine.id);
  });

  test('an unknown name and a wrong password answer the same, and of another realm too', async () => {
    const { username } = await given.person();
    const answers = await Promise.all(
      [
        given.signIn(username, 'wrong'),
        given.signIn(newName()),
        given.client.token.signIn({ login: username, by: 'username', password }, anonymous('rooms', 'rooms')),
      ].map((answer) => answer.catch((error: Error) => ({ ...error, message: error.message }))),
    );
    expect(answers[0]).toMatchObject(unauthenticated('wrong_credentials'));
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
  });

  test('each dialect has its own lives', async () => {
    const { account } = await given.person();
    const grant = await given.client.token.issue({ accountId: account.id, dialect: 'conversations' }, system());
    expect(Date.parse(grant.accessTokenExpiresAt) - given.clock.now()).toBe(3000 * minuteMs);
  });

  test('an imported bcrypt password signs in and is hashed anew, also when many sign in at once', async () => {
    const { username, account } = await given.person();
    const imported = { algorithm: 'bcrypt', hash: await bcrypt('old password', { cost: 5 }) };
    await given.database.knex('credentials').where({ account_id: account.id }).update(imported);
    const grants = await Promise.all(Array.from({ length: 6 }, () => given.signIn(username, 'old password')));
    expect(grants).toHaveLength(6);
    const [row] = await given.database.knex('credentials').where({ account_id: account.id });
    expect(row).toMatchObject({ algorithm: 'argon2id', hash: expect.stringMatching(/^\$argon2id\$/) as string });
    await expect(given.signIn(username, 'old password')).resolves.toBeTruthy();
    await expect(given.signIn(username, 'wrong')).rejects.toMatchObject(unauthenticated('wrong_credentials'));
  });
});

describe('token.issue', () => {
  test('is for system callers only, and for accounts of their realm', async () => {
    const grant = await given.person();
    const input = { accountId: grant.account.id, dialect: 'v1' } as const;
    for (const caller of [anonymous(), bearer(grant)]) {
      await expect(given.client.token.issue(input, caller)).rejects.toMatchObject({ code: 'forbidden' });
    }
    await expect(given.client.token.issue(input, system('mesh'))).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('token.refresh', () => {
  test('gives a new grant of the same session, again and again', async () => {
    const first = await given.person();
    const second = await refresh(first.refreshToken);
    const third = await refresh(second.refreshToken);
    expect(second.sessionId).toBe(first.sessionId);
    expect(third.sessionId).toBe(first.sessionId);
    expect(new Set([first, second, third].map((grant) => grant.refreshToken)).size).toBe(3);
    expect(third.account).toEqual(first.account);
  });

  test('twenty who show one token at once all get the same successor', async () => {
    const first = await given.person();
    const grants = await Promise.all(Array.from({ length: 20 }, () => refresh(first.refreshToken)));
    expect(new Set(grants.map((grant) => grant.refreshToken)).size).toBe(1);
    expect(new Set(grants.map((grant) => grant.refreshTokenExpiresAt)).size).toBe(1);
    await expect(refresh(grants[0]?.refreshToken ?? '')).resolves.toMatchObject({ sessionId: first.sessionId });
  });

  test('a lost answer can be asked for again within the grace', async () => {
    const first = await given.person();
    const second = await refresh(first.refreshToken);
    given.clock.advance(30_000);
    await expect(refresh(first.refreshToken)).resolves.toMatchObject({ refreshToken: second.refreshToken });
  });

  test('after the grace a used token ends the family and its sockets', async () => {
    const first = await given.person();
    const second = await refresh(first.refreshToken);
    given.clock.advance(31_000);
    await expect(refresh(first.refreshToken)).rejects.toMatchObject(unauthenticated('refresh_reused'));
    await expect
      .poll(() => revokedOf(first))
      .toEqual([expect.objectContaining({ why: 'refresh_reused', accountId: first.account.id })]);
    await expect(refresh(second.refreshToken)).rejects.toMatchObject(unauthenticated('refresh_reused'));
    await expect(given.client.account.me({}, bearer(first))).rejects.toMatchObject(unauthenticated('session_ended'));
    expect(revokedOf(first)).toHaveLength(1);
  });

  test('within the grace too, once its successor was used', async () => {
    const first = await given.person();
    const second = await refresh(first.refreshToken);
    await refresh(second.refreshToken);
    await expect(refresh(first.refreshToken)).rejects.toMatchObject(unauthenticated('refresh_reused'));
    await expect.poll(() => revokedOf(first)).toHaveLength(1);
  });

  test('an unknown, a foreign and an expired token are refused, and no family ends for it', async () => {
    const grant = await given.person();
    await expect(refresh('pr_unknown')).rejects.toMatchObject(unauthenticated('refresh_invalid'));
    await expect(refresh(grant.refreshToken, anonymous('rooms'))).rejects.toMatchObject(
      unauthenticated('refresh_invalid'),
    );
    await expect(refresh(grant.refreshToken, anonymous('v1', 'rooms'))).rejects.toMatchObject(
      unauthenticated('refresh_invalid'),
    );
    await expect(given.client.token.refresh({ refreshToken: '' }, anonymous())).rejects.toMatchObject({
      code: 'invalid',
    });
    given.clock.advance(30 * dayMs);
    await expect(refresh(grant.refreshToken)).rejects.toMatchObject(unauthenticated('refresh_expired'));
    expect(revokedOf(grant)).toEqual([]);
  });

  test('a session that was signed out is not refreshed', async () => {
    const grant = await given.person();
    await given.client.session.end({}, bearer(grant));
    await expect(refresh(grant.refreshToken)).rejects.toMatchObject(unauthenticated('session_ended'));
  });
});

describe('token.verify', () => {
  const verify = (accessToken: string, caller: Parameters<typeof given.client.token.verify>[1] = anonymous()) =>
    given.client.token.verify({ accessToken }, caller);

  test('says what the token says', async () => {
    const grant = await given.person();
    await expect(verify(grant.accessToken)).resolves.toEqual({
      principal: bearer(grant).principal,
      expiresAt: grant.accessTokenExpiresAt,
    });
    await expect(verify(grant.accessToken, system())).rejects.toMatchObject({ reason: 'system_only' });
  });

  test('a token of one realm or dialect is refused in another', async () => {
    const grant = await given.person();
    const invalid = unauthenticated('token_invalid');
    await expect(verify(grant.accessToken, anonymous('rooms'))).rejects.toMatchObject(invalid);
    await expect(verify(grant.accessToken, anonymous('v1', 'rooms'))).rejects.toMatchObject(invalid);
  });

  test('refuses what nobody signed, what another key signed, and what no key signed', async () => {
    const grant = await given.person();
    const claims = AccessClaims.parse(jwt.decode(grant.accessToken));
    const [header, , signature] = grant.accessToken.split('.');
    const forged = Buffer.from(JSON.stringify({ ...claims, num: 1 })).toString('base64url');
    const { keys } = await given.client.token.keys({}, anonymous());
    const kid = keys[0]?.kid ?? '';
    const bad = [
      '',
      'nothing like a token',
      `${header}.${forged}.${signature}`,
      jwt.sign(claims, 'shared', { algorithm: 'HS256', keyid: kid }),
      jwt.sign(claims, null, { algorithm: 'none', keyid: kid }),
    ];
    for (const token of bad) await expect(verify(token)).rejects.toMatchObject(unauthenticated('token_invalid'));
  });

  test('refuses an expired token and one whose session has ended', async () => {
    const grant = await given.person();
    await given.client.session.end({}, bearer(grant));
    await expect(verify(grant.accessToken)).rejects.toMatchObject(unauthenticated('session_ended'));
    const later = await given.person();
    given.clock.advance(15 * minuteMs);
    await expect(verify(later.accessToken)).rejects.toMatchObject(unauthenticated('token_expired'));
  });
});

describe('token.revocations', () => {
  test('lists what ended since, until the last access token has expired, to system callers', async () => {
    const grant = await given.person();
    const { asOf } = await given.client.token.revocations({ since: new Date(0).toISOString() }, system());
    given.clock.advance(1_000);
    await given.client.session.end({}, bearer(grant));
    const listed = async () =>
      (await given.client.token.revocations({ since: asOf }, system('any'))).sessions.map((ended) => ended.sessionId);
    await expect(listed()).resolves.toContain(grant.sessionId);
    await expect(given.client.token.revocations({ since: asOf }, anonymous())).rejects.toMatchObject({
      code: 'forbidden',
    });
    given.clock.advance(15 * minuteMs);
    await expect(listed()).resolves.not.toContain(grant.sessionId);
  });

  test('whoever continues from asOf learns of an end that was dated before but committed after', async () => {
    const grant = await given.person();
    const before = given.clock.now();
    given.clock.advance(5_000);
    const { asOf } = await given.client.token.revocations({ since: new Date(before).toISOString() }, system());
    await given.database
      .knex('sessions')
      .where({ id: grant.sessionId })
      .update({ ended_at: new Date(before), ended_why: 'signed_out' });
    const { sessions } = await given.client.token.revocations({ since: asOf }, system());
    expect(sessions.map((ended) => ended.sessionId)).toContain(grant.sessionId);
  });
});
